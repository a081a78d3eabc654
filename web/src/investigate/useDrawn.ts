// What the map shows: the question while it is made, the answer once it is there, one selection for both.

import { useMemo } from "react";
import type { Camera, Id, Micros, Wgs84 } from "../app/api/types";
import type { Count, Spot } from "../app/api/types.lake";
import { useH3 } from "../map/h3";
import type { Overlays } from "../map/MapPane";
import {
  areaFeatures,
  CLUSTER_FROM,
  cameraChoices,
  countFeatures,
  dotFeatures,
  legFeatures,
  placeFeatures,
  wayFeatures,
  zoneFeatures,
} from "../map/questionFeatures";
import type { Answer, Question } from "./answer";
import { type AnyRow, oldestFirst, placesOf } from "./answers/rows";
import { byPlace } from "./answers/time";
import { namedZones, zonesOf } from "./answers/zones";
import { inTaiwan, ringsOf } from "./area";
import type { Draft, Kind } from "./questions";

/** Places that can be told apart on a map of a city. */
const PLACES_MAX = 120;

export const countId = (count: Count) =>
  count.camera ?? count.cell ?? `${count.position?.lon},${count.position?.lat}`;

interface Told {
  kind: Kind;
  draft: Draft;
  question: Question | null;
  answer: Answer | null;
  rows: AnyRow[];
  chosen: string | null;
  shared: Spot[];
  cameras: Camera[];
  /** Cameras that are not chosen are shown too, to be chosen. */
  isPicking: boolean;
  period_us: Micros | null;
  /** How often H3 cells were typed or pasted. */
  cellsTyped: number;
}

/** Kinds whose cameras are chosen on the map. */
export function picksCameras(kind: Kind): boolean {
  return kind === "cameras" || kind === "passed";
}

export function hasMap(kind: Kind, draft: Draft): boolean {
  return !(kind === "counts" && draft.by === "hour");
}

function spotsOf(kind: Kind, rows: AnyRow[], chosen: string | null, shared: Spot[]): Spot[] {
  if (shared.length > 0) return shared;
  if (kind === "passed") {
    const one = rows.find((row) => row.id === chosen);
    // Until one is chosen, where each of them began.
    return one ? one.spots : rows.flatMap((row) => row.spots.slice(0, 1));
  }
  return rows.flatMap((row) => row.spots);
}

/** Too many signs to tell apart: the map gathers them. */
function isTooMuch(spots: Spot[]): boolean {
  const places = new Set(spots.map((spot) => `${spot.position?.lon} ${spot.position?.lat}`));
  return spots.length > CLUSTER_FROM || places.size > PLACES_MAX;
}

export function useDrawn(told: Told) {
  const { kind, draft, question, answer, rows, chosen, shared, cameras, isPicking, period_us, cellsTyped } =
    told;
  const h3 = useH3(kind === "zones" || (kind === "area" && draft.area.kind === "h3"));
  const spots = useMemo(
    () => (answer ? oldestFirst(spotsOf(kind, rows, chosen, shared)) : []),
    [answer, kind, rows, chosen, shared],
  );
  const isCrowd = useMemo(() => isTooMuch(spots), [spots]);
  const isOneVehicle = useMemo(() => new Set(rows.map((row) => row.plate)).size === 1, [rows]);

  const path = useMemo(() => {
    if (isCrowd) return [];
    const pairOf = kind === "passed" && chosen !== null;
    const ways =
      answer?.shape === "legs"
        ? legFeatures(answer.items)
        : (kind === "history" && isOneVehicle) || pairOf
          ? wayFeatures(spots)
          : [];
    const isNumbered =
      shared.length > 0 || kind === "history" || kind === "trajectory" || kind === "meetings" || pairOf;
    return [...ways, ...placeFeatures(spots, chosen, isNumbered)];
  }, [answer, kind, spots, isCrowd, isOneVehicle, chosen, shared]);
  const dots = useMemo(() => (isCrowd ? dotFeatures(spots) : []), [spots, isCrowd]);

  const places = useMemo(() => (answer?.shape === "counts" ? byPlace(answer.items) : []), [answer]);
  const { area, side } = draft;
  const zones = useMemo(
    () => (answer?.shape === "zones" ? namedZones(zonesOf(answer.items, period_us, side), cameras) : []),
    [answer, period_us, side, cameras],
  );
  const cells = useMemo(
    () => (zones.length > 0 ? zoneFeatures(zones, side, chosen, h3) : countFeatures(places, countId, chosen)),
    [zones, side, h3, places, chosen],
  );

  const rings = useMemo(() => (kind === "area" ? ringsOf(area, h3) : []), [kind, area, h3]);
  const areas = useMemo(() => {
    if (kind !== "area") return [];
    const corners =
      area.kind === "polygon" ? area.corners : area.kind === "circle" && area.centre ? [area.centre] : [];
    return areaFeatures(rings, corners);
  }, [kind, area, rings]);

  const { cameras: first, later } = draft;
  const signs = useMemo(() => {
    if (!picksCameras(kind)) return [];
    const second = kind === "passed" ? later : [];
    const shown = isPicking ? cameras : cameras.filter((c) => first.includes(c.id) || second.includes(c.id));
    return cameraChoices(shown, first, second);
  }, [kind, cameras, first, later, isPicking]);

  const overlays: Overlays = { areas, cells, cameras: signs, path, dots };
  const inView: Wgs84[] = useMemo(() => {
    if (answer?.shape === "counts")
      return places.slice(0, 300).flatMap((c) => (c.position ? [c.position] : []));
    if (answer?.shape === "zones")
      return zones.slice(0, 300).flatMap((zone) => (zone.position ? [zone.position] : []));
    // Where cells were pasted, nobody has seen yet what they hold.
    const pasted = area.kind === "h3" ? rings.flat() : [];
    return [...placesOf(spots), ...(pasted.every(isHere) ? pasted : [])];
  }, [answer, places, spots, zones, area, rings]);
  const selected = useMemo((): Wgs84 | null => {
    if (chosen === null) return null;
    const count = places.find((c) => countId(c) === chosen);
    if (count) return count.position;
    // A hexagon shows itself; a ring around its middle would hide its number.
    if (zones.length > 0) return null;
    return rows.find((row) => row.id === chosen)?.spots[0]?.position ?? null;
  }, [chosen, places, zones, rows]);
  // The map goes where cells were pasted; where they were clicked it is already.
  const cellsKey = `${cellsTyped} ${h3 !== null}`;
  const fit = {
    key: `${question?.nonce ?? ""} ${kind} ${answer?.items.length ?? 0} ${shared[0]?.id ?? ""} ${kind === "passed" ? chosen : ""} ${cellsKey}`,
    places: inView,
  };
  return { overlays, fit, selected, places, zones, rings, h3 };
}

const isHere = ({ lon, lat }: Wgs84) => inTaiwan(lon, lat);

export function toggled(ids: Id[], id: Id): Id[] {
  return ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];
}

export type Drawn = ReturnType<typeof useDrawn>;
