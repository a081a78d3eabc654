// Areas on the map and in words: drawn, typed, or kept in the address.

import type { Wgs84 } from "../app/api/types";
import { distance_m } from "../app/say";
import type { H3 } from "../map/h3";
import { CELLS_MAX, readCells, resolutionOf } from "./h3cell";

export type Area =
  | { kind: "h3"; cells: string[] }
  | { kind: "polygon"; corners: Wgs84[] }
  | { kind: "circle"; centre: Wgs84 | null; radius_m: number };

export const CORNERS_MAX = 64;
export const RADIUS_MIN_M = 50;
export const RADIUS_MAX_M = 50_000;
export const RADIUS_FIRST_M = 500;

export const NO_AREA: Area = { kind: "circle", centre: null, radius_m: RADIUS_FIRST_M };

export function isWhole(area: Area): boolean {
  if (area.kind === "h3") return area.cells.length > 0 && area.cells.length <= CELLS_MAX;
  if (area.kind === "polygon") return area.corners.length >= 3;
  return area.centre !== null && area.radius_m >= RADIUS_MIN_M && area.radius_m <= RADIUS_MAX_M;
}

const short = (degrees: number) => String(Math.round(degrees * 1e6) / 1e6);

/** `120.2055 22.9908`, one place a line. */
export function placesText(places: Wgs84[]): string {
  return places.map((p) => `${short(p.lon)} ${short(p.lat)}`).join("\n");
}

export function inTaiwan(lon: number, lat: number): boolean {
  return lon >= 114 && lon <= 124 && lat >= 20 && lat <= 27;
}

/** Reads one place a line, in either order: latitudes and longitudes of this country cannot be confused. */
export function readPlaces(text: string): { places: Wgs84[]; wrong: string[] } {
  const places: Wgs84[] = [];
  const wrong: string[] = [];
  for (const line of text.normalize("NFKC").split(/[\n;]+/)) {
    if (!line.trim()) continue;
    const [a, b, more] = (line.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
    if (a === undefined || b === undefined || more !== undefined) wrong.push(line.trim());
    else if (inTaiwan(a, b)) places.push({ lon: a, lat: b });
    else if (inTaiwan(b, a)) places.push({ lon: b, lat: a });
    else wrong.push(line.trim());
  }
  return { places, wrong };
}

/** `p:120.2,22.9;…`, `c:120.2,22.9,500` or `h:8a4ba0a6…,…`. */
export function areaText(area: Area): string {
  const place = (p: Wgs84) => `${short(p.lon)},${short(p.lat)}`;
  if (area.kind === "h3") return area.cells.length > 0 ? `h:${area.cells.join(",")}` : "";
  if (area.kind === "polygon") return area.corners.length > 0 ? `p:${area.corners.map(place).join(";")}` : "";
  return area.centre ? `c:${place(area.centre)},${Math.round(area.radius_m)}` : "";
}

export function readArea(text: string | null): Area {
  const [kind, rest = ""] = text?.split(":") ?? [];
  if (kind === "p") {
    const { places, wrong } = readPlaces(rest.replace(/,/g, " "));
    if (wrong.length === 0) return { kind: "polygon", corners: places.slice(0, CORNERS_MAX) };
  }
  if (kind === "h") {
    const { cells, wrong } = readCells(rest);
    if (wrong.length === 0) return { kind: "h3", cells: cells.slice(0, CELLS_MAX) };
  }
  if (kind === "c") {
    const [lon, lat, radius_m] = rest.split(",").map(Number);
    if (
      lon !== undefined &&
      lat !== undefined &&
      radius_m !== undefined &&
      inTaiwan(lon, lat) &&
      radius_m > 0
    )
      return { kind: "circle", centre: { lon, lat }, radius_m };
  }
  return NO_AREA;
}

const M_PER_DEGREE = 111_195;

/** Only H3 knows where its cells lie. */
export function ringsOf(area: Area, h3: H3 | null): Wgs84[][] {
  if (area.kind === "h3") return h3 ? area.cells.map(h3.outline) : [];
  return [ringOf(area)];
}

export function ringOf(area: Exclude<Area, { kind: "h3" }>): Wgs84[] {
  if (area.kind === "polygon") return area.corners;
  const { centre, radius_m } = area;
  if (!centre) return [];
  const perLon = M_PER_DEGREE * Math.cos((centre.lat * Math.PI) / 180);
  return Array.from({ length: 64 }, (_, at) => {
    const turn = (at / 64) * 2 * Math.PI;
    return {
      lon: centre.lon + (Math.cos(turn) * radius_m) / perLon,
      lat: centre.lat + (Math.sin(turn) * radius_m) / M_PER_DEGREE,
    };
  });
}

export function squareKm(rings: Wgs84[][]): number {
  return rings.reduce((sum, ring) => sum + ringKm2(ring), 0);
}

function ringKm2(ring: Wgs84[]): number {
  const lat0 = ring[0]?.lat ?? 0;
  const perLon = M_PER_DEGREE * Math.cos((lat0 * Math.PI) / 180);
  let doubled = 0;
  for (const [at, p] of ring.entries()) {
    const next = ring[(at + 1) % ring.length] ?? p;
    doubled += (p.lon * next.lat - next.lon * p.lat) * perLon * M_PER_DEGREE;
  }
  return Math.abs(doubled) / 2e6;
}

/** What one more click on the map makes of it. */
export function withClick(area: Area, place: Wgs84, h3: H3 | null = null): Area {
  if (area.kind === "h3") return h3 ? withCell(area.cells, h3.cellAt(place, finenessOf(area.cells))) : area;
  if (area.kind === "polygon") {
    return area.corners.length >= CORNERS_MAX ? area : { ...area, corners: [...area.corners, place] };
  }
  if (!area.centre) return { ...area, centre: place };
  const radius_m = Math.round(distance_m(area.centre, place));
  return { ...area, radius_m: Math.min(Math.max(radius_m, RADIUS_MIN_M), RADIUS_MAX_M) };
}

/** About 0.1 km²: a block of houses. */
const RESOLUTION_FIRST = 9;

/** A click gives a cell as large as the last one. */
function finenessOf(cells: string[]): number {
  const last = cells.at(-1);
  return last ? resolutionOf(last) : RESOLUTION_FIRST;
}

function withCell(cells: string[], cell: string): Area {
  if (cells.includes(cell)) return { kind: "h3", cells: cells.filter((one) => one !== cell) };
  return { kind: "h3", cells: cells.length >= CELLS_MAX ? cells : [...cells, cell] };
}

export function withoutLast(area: Area): Area {
  if (area.kind === "h3") return { ...area, cells: area.cells.slice(0, -1) };
  if (area.kind === "polygon") return { ...area, corners: area.corners.slice(0, -1) };
  return { ...area, centre: null };
}

export function boxOf([west, south, east, north]: [number, number, number, number]): Area {
  return {
    kind: "polygon",
    corners: [
      { lon: west, lat: south },
      { lon: east, lat: south },
      { lon: east, lat: north },
      { lon: west, lat: north },
    ],
  };
}
