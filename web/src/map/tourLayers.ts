// How tours are drawn: what is still to come is filled, what was made or skipped is hollow and says so by its sign.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const kind = (name: string) => ["==", ["get", "kind"], name];
const isPlanned = ["==", ["get", "state"], "planned"];

export function tourLayers(c: MapColours): LayerSpecification[] {
  return [
    {
      id: "tour-casing",
      type: "line",
      source: "tours",
      filter: kind("line"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.paper, "line-width": 6, "line-opacity": 0.75 },
    },
    {
      id: "tour-lines",
      type: "line",
      source: "tours",
      filter: kind("line"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": ["get", "colour"], "line-width": 3 },
    },
    {
      id: "tour-base",
      type: "circle",
      source: "tours",
      filter: kind("base"),
      paint: {
        "circle-radius": 6,
        "circle-color": c.ink,
        "circle-stroke-color": c.paper,
        "circle-stroke-width": 3,
      },
    },
    {
      id: "tour-stops",
      type: "circle",
      source: "tours",
      filter: kind("stop"),
      layout: { "circle-sort-key": ["get", "sort"] },
      paint: {
        "circle-radius": 14,
        "circle-color": ["case", isPlanned, ["get", "colour"], c.paper],
        "circle-stroke-color": ["case", isPlanned, c.paper, ["get", "colour"]],
        "circle-stroke-width": ["case", isPlanned, 1.5, 2.5],
      },
    },
    {
      id: "tour-numbers",
      type: "symbol",
      source: "tours",
      filter: kind("stop"),
      layout: {
        "text-field": ["get", "label"],
        "text-size": 13,
        // Two numbers on one place would be read as a third: only the uppermost sign has its own.
        "text-allow-overlap": false,
        "text-padding": 0,
        "symbol-sort-key": ["-", 0, ["get", "sort"]],
      },
      paint: { "text-color": ["case", isPlanned, ["get", "ink"], c.ink] },
    },
  ] as LayerSpecification[];
}
