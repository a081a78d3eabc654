// The demo city's roads in a house, and who imported them.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binaries } from "./house.mjs";
import { Actor } from "./people.mjs";

const chromium = process.env.SHOUHU_CHROMIUM ?? "/usr/bin/chromium";

/** Why a test of a city cannot run here; false when it can. */
export function noCity() {
  if (!existsSync(chromium)) return "no Chromium";
  return existsSync(join(binaries, "shouhu-city")) ? false : "no shouhu-city";
}

/**
 * Enrols an operator, who makes and imports it; `size` is a word of `shouhu-city map`: `district`, or the wider `city`.
 * `at` is a place by its share of the way from west to east and from south to north.
 */
export async function openCity(browser, house, size) {
  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const file = join(house.folder, "map.bin");
  house.command("shouhu-city", ["map", "--seed", "7", "--size", size, "--out", file]);
  await operator.api("POST", "/v1/map/import?attribution=demo", readFileSync(file));
  const { bounds } = await operator.api("GET", "/v1/map");
  const [west, south, east, north] = bounds;
  const at = (x, y) => ({ lon: west + (east - west) * x, lat: south + (north - south) * y });
  return { operator, at };
}
