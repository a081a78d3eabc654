// How streets are drawn: what nobody drove stands out, and each state has its own dash before its own colour.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const is = (name: string) => ["==", ["get", "state"], name];
const width = (through: number, local: number) =>
  ["case", ["==", ["get", "kind"], "through"], through, local] as unknown as number;

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
      id: "street-open",
      type: "line",
      source: "streets",
      filter: is("open"),
      paint: { "line-color": c.warn, "line-width": width(3.5, 2.5), "line-dasharray": [1, 1.5] },
    },
  ] as LayerSpecification[];
}
