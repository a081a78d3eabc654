// How streets are drawn: what nobody drove stands out, and each state has its own dash before its own colour.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const is = (name: string) => ["==", ["get", "state"], name];
const by = (through: number, local: number) => ["case", ["==", ["get", "kind"], "through"], through, local];

/** Thin over a whole city, where a line is a texture; as wide as a finger's tip over a few blocks. */
const width = (through: number, local: number) =>
  [
    "interpolate",
    ["linear"],
    ["zoom"],
    11,
    by(through / 4, local / 4),
    15,
    by(through, local),
  ] as unknown as number;

/** Nearer than this a dash can be told from the next; farther off the open streets of a city are a field of dots. */
const DASHES_FROM_ZOOM = 13.5;

export function streetLayers(c: MapColours): LayerSpecification[] {
  const round = { "line-cap": "round" as const, "line-join": "round" as const };
  return [
    {
      id: "street-casing",
      type: "line",
      source: "streets",
      layout: round,
      paint: { "line-color": c.paper, "line-width": width(7, 5), "line-opacity": 0.8 },
    },
    {
      id: "street-covered",
      type: "line",
      source: "streets",
      filter: is("covered"),
      layout: round,
      paint: { "line-color": c.selected, "line-width": width(3.5, 2.5) },
    },
    {
      id: "street-stale",
      type: "line",
      source: "streets",
      filter: is("stale"),
      paint: { "line-color": c.inkDim, "line-width": width(3.5, 2.5), "line-dasharray": [4, 1.5] },
    },
    {
      id: "street-open-far",
      type: "line",
      source: "streets",
      maxzoom: DASHES_FROM_ZOOM,
      filter: is("open"),
      paint: { "line-color": c.warn, "line-width": width(3.5, 2.5), "line-opacity": 0.6 },
    },
    {
      id: "street-open",
      type: "line",
      source: "streets",
      minzoom: DASHES_FROM_ZOOM,
      filter: is("open"),
      paint: { "line-color": c.warn, "line-width": width(3.5, 2.5), "line-dasharray": [1, 1.5] },
    },
  ] as LayerSpecification[];
}
