// From an answer to what the map draws. Straight lines between passages: no route is claimed.

import type { Camera, Id, Wgs84 } from "../app/api/types";
import type { Count, Leg, Spot, TheftZone } from "../app/api/types.lake";
import { type Side, vehiclesOf } from "../investigate/answers/zones";
import { pointFeature } from "./features";
import type { H3 } from "./h3";

/** Above this many passages the map gathers them into clusters. */
export const CLUSTER_FROM = 2_000;

/** More names than this cover the signs that they name. */
const NAMED_MAX = 25;

const placeKey = (p: Wgs84) => `${p.lon.toFixed(5)},${p.lat.toFixed(5)}`;

function line(id: string, kind: string, from: Wgs84, to: Wgs84, label = ""): GeoJSON.Feature {
  return {
    type: "Feature",
    properties: { id, kind, label },
    geometry: {
      type: "LineString",
      coordinates: [
        [from.lon, from.lat],
        [to.lon, to.lat],
      ],
    },
  };
}

interface Stop {
  place: Wgs84;
  numbers: number[];
  newest: Spot;
}

/** The chosen passage's own number; else the numbers where they fit, else how many. */
function signOf(numbers: number[], isNumbered: boolean, chosen: number | null): string {
  if (!isNumbered) return numbers.length > 1 ? `×${numbers.length}` : "";
  if (chosen !== null) return String(chosen);
  return numbers.length > 2 ? `×${numbers.length}` : numbers.join(",");
}

/** Passages at one place are one sign: their numbers where they fit, else how many. */
export function placeFeatures(
  oldestFirst: Spot[],
  chosen: Id | null,
  isNumbered: boolean,
): GeoJSON.Feature[] {
  const stops = new Map<string, Stop>();
  for (const [at, p] of oldestFirst.entries()) {
    if (!p.position) continue;
    const key = placeKey(p.position);
    const stop = stops.get(key);
    if (stop) {
      stop.numbers.push(at + 1);
      if (stop.newest.id !== chosen) stop.newest = p;
    } else stops.set(key, { place: p.position, numbers: [at + 1], newest: p });
  }
  const count = Math.max(oldestFirst.length, 1);
  return [...stops.values()].map(({ place, numbers, newest }) => {
    const last = numbers.at(-1) ?? 0;
    const isChosen = newest.id === chosen;
    const own = oldestFirst[last - 1]?.id;
    const label = signOf(numbers, isNumbered, isChosen ? oldestFirst.indexOf(newest) + 1 : null);
    return pointFeature(newest.id, place, {
      label,
      // A sign as wide as what is in it.
      radius: 12.5 + Math.max(label.length - 2, 0) * 3.5,
      name: isChosen || stops.size <= NAMED_MAX ? newest.place_name : "",
      age: own ? 1 - last / count : 1,
      isChosen,
      sort: isChosen ? 1e6 : last,
    });
  });
}

/** Lines between passages of one vehicle. */
export function wayFeatures(oldestFirst: Spot[], kind = "leg"): GeoJSON.Feature[] {
  return oldestFirst.flatMap((p, at) => {
    const before = oldestFirst[at - 1];
    if (!before?.position || !p.position || placeKey(before.position) === placeKey(p.position)) return [];
    return [line(`way-${p.id}`, kind, before.position, p.position)];
  });
}

/** The same with what is known of each leg. */
export function legFeatures(legs: Leg[]): GeoJSON.Feature[] {
  return legs.flatMap((leg, at) => {
    const before = legs[at - 1];
    if (!before?.position || !leg.position || placeKey(before.position) === placeKey(leg.position)) return [];
    const kind = leg.doubt ? "impossible" : leg.is_gap ? "gap" : "leg";
    const label = leg.doubt ? `▲ ${Math.round(leg.speed_kmh ?? 0)} km/h` : "";
    return [line(`way-${leg.id}`, kind, before.position, leg.position, label)];
  });
}

export function dotFeatures(passings: Spot[]): GeoJSON.Feature[] {
  return passings.flatMap((p) => (p.position ? [pointFeature(p.id, p.position, {})] : []));
}

/** Circles by number; the largest is the busiest. */
export function countFeatures(
  places: Count[],
  idOf: (count: Count) => string,
  chosen: string | null,
): GeoJSON.Feature[] {
  const most = Math.max(...places.slice(0, 1).map((c) => c.sightings), 1);
  return places.flatMap((c) => {
    const id = idOf(c);
    return c.position
      ? [pointFeature(id, c.position, { share: Math.sqrt(c.sightings / most), isChosen: id === chosen })]
      : [];
  });
}

function polygon(ring: Wgs84[]): GeoJSON.Polygon {
  return { type: "Polygon", coordinates: [[...ring, ...ring.slice(0, 1)].map((p) => [p.lon, p.lat])] };
}

/** Where no cell has more than a few, none is as dark as the worst cell of a city. */
const DARK_FROM = 4;

/** Hexagons with their numbers; circles where nobody knows the hexagons' corners. */
export function zoneFeatures(
  zones: TheftZone[],
  side: Side,
  chosen: string | null,
  h3: H3 | null,
): GeoJSON.Feature[] {
  const shown = zones.filter((zone) => vehiclesOf(zone, side) > 0);
  const most = Math.max(...shown.map((zone) => vehiclesOf(zone, side)), DARK_FROM);
  return shown.flatMap((zone) => {
    const vehicles = vehiclesOf(zone, side);
    const isChosen = zone.cell === chosen;
    const properties = { id: zone.cell, label: String(vehicles), share: vehicles / most, isChosen };
    if (h3) return [{ type: "Feature", properties, geometry: polygon(h3.outline(zone.cell)) }];
    return zone.position ? [pointFeature(zone.cell, zone.position, properties)] : [];
  });
}

export function areaFeatures(rings: Wgs84[][], corners: Wgs84[]): GeoJSON.Feature[] {
  const points = corners.map((p, at) => pointFeature(`corner-${at}`, p, {}));
  const shapes = rings.flatMap((ring, at): GeoJSON.Feature[] => {
    if (ring.length < 2) return [];
    const geometry: GeoJSON.Geometry =
      ring.length === 2
        ? { type: "LineString", coordinates: ring.map((p) => [p.lon, p.lat]) }
        : polygon(ring);
    return [{ type: "Feature", properties: { id: `area-${at}` }, geometry }];
  });
  return [...shapes, ...points];
}

/** Cameras to choose from; the chosen ones carry a letter. */
export function cameraChoices(cameras: Camera[], a: Id[], b: Id[]): GeoJSON.Feature[] {
  const inA = new Set(a);
  const inB = new Set(b);
  return cameras.flatMap((camera) => {
    if (!camera.position) return [];
    const letter = inA.has(camera.id) ? "a" : inB.has(camera.id) ? "b" : null;
    const icon = letter ? `camera.${letter}` : camera.is_active ? "camera.on" : "camera.off";
    return [pointFeature(camera.id, camera.position, { icon, label: camera.name, sort: letter ? 5 : 0 })];
  });
}
