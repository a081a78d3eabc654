// Which map tiles a way needs, so that the map is there when the network is not.

import type { Wgs84 } from "../../app/api/types";

/** From the whole way at a glance to the streets beside it; the server cuts none deeper than 16. */
const ZOOMS = [11, 12, 13, 14, 15, 16];
/** Nearer than this, the streets to the left and right are wanted too. */
const BESIDE_FROM_ZOOM = 14;
/** Some megabytes; the tiles of the start are kept before those of the end. */
export const TILES_MAX = 400;

export function tileOf({ lon, lat }: Wgs84, zoom: number): [number, number] {
  const n = 2 ** zoom;
  const rad = (lat * Math.PI) / 180;
  const last = n - 1;
  const whole = (value: number) => Math.min(last, Math.max(0, Math.floor(value)));
  return [whole(((lon + 180) / 360) * n), whole(((1 - Math.asinh(Math.tan(rad)) / Math.PI) / 2) * n)];
}

export function tilesAlong(line: Wgs84[]): string[] {
  const found = new Set<string>();
  for (const zoom of ZOOMS) {
    const beside = zoom >= BESIDE_FROM_ZOOM ? [-1, 0, 1] : [0];
    for (const place of line) {
      const [x, y] = tileOf(place, zoom);
      for (const dx of beside) for (const dy of beside) found.add(`${zoom}/${x + dx}/${y + dy}`);
    }
  }
  return [...found].slice(0, TILES_MAX);
}

/** Places at most so far apart, so that no tile between two corners is missed. */
export function dense(line: Wgs84[], step_degrees = 0.002): Wgs84[] {
  return line.flatMap((b, at) => {
    const a = line[at - 1];
    if (!a) return [b];
    const steps = Math.min(
      500,
      Math.ceil(Math.max(Math.abs(b.lon - a.lon), Math.abs(b.lat - a.lat)) / step_degrees),
    );
    return Array.from({ length: Math.max(1, steps) }, (_, i) => {
      const share = (i + 1) / Math.max(1, steps);
      return { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share };
    });
  });
}

/** Those of all ways, each along its own line: nobody drives from the end of one to the start of the next. */
export function tilesOf(lines: Wgs84[][]): string[] {
  return [...new Set(lines.flatMap((line) => tilesAlong(dense(line))))].slice(0, TILES_MAX);
}

/** Asks the service worker to keep these tiles instead of those of the way before. */
export function keepTiles(lines: Wgs84[][], map_version: number): void {
  const worker = navigator.serviceWorker?.controller;
  if (!worker || lines.length === 0) return;
  const origin = window.location.origin;
  const urls = tilesOf(lines).map((tile) => `${origin}/v1/map/tiles/${tile}?v=${map_version}`);
  worker.postMessage({ kind: "keep-tiles", urls });
}

/** As the service worker has it. */
const ROADS = "shouhu-roads-v1";

/** Which tiles a phone keeps says where somebody went: none outlives the job, nor a sign-out. */
export async function forgetTiles(): Promise<void> {
  try {
    await globalThis.caches?.delete(ROADS);
  } catch {
    // A browser that bars its stores kept none.
  }
}
