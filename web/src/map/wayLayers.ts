// A closed road is barred and named; the way to follow is one line above everything that does not move.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const kind = (name: string) => ["==", ["get", "kind"], name];
const ROUND = { "line-cap": "round", "line-join": "round" };

export function closureLayers(c: MapColours): LayerSpecification[] {
  return [
    {
      id: "closure-casing",
      type: "line",
      source: "closures",
      filter: kind("closed"),
      layout: ROUND,
      paint: { "line-color": c.paper, "line-width": 8, "line-opacity": 0.85 },
    },
    {
      id: "closure-bars",
      type: "line",
      source: "closures",
      filter: kind("closed"),
      paint: { "line-color": c.alarm, "line-width": 6, "line-dasharray": [0.5, 0.5] },
    },
    {
      id: "closure-drawn",
      type: "line",
      source: "closures",
      filter: kind("drawn"),
      layout: ROUND,
      paint: { "line-color": c.selected, "line-width": 3, "line-dasharray": [2, 1.5] },
    },
    {
      id: "closure-corners",
      type: "circle",
      source: "closures",
      filter: kind("corner"),
      paint: {
        "circle-radius": 6,
        "circle-color": c.selected,
        "circle-stroke-color": c.paper,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "closure-names",
      type: "symbol",
      source: "closures",
      filter: kind("closed"),
      minzoom: 12,
      layout: {
        "text-field": ["get", "label"],
        "text-size": 14,
        "symbol-placement": "line-center",
        "text-rotation-alignment": "viewport",
        "text-offset": [0, -1],
      },
      paint: { "text-color": c.alarm, "text-halo-color": c.paper, "text-halo-width": 2 },
    },
  ] as LayerSpecification[];
}

export function wayLayers(c: MapColours): LayerSpecification[] {
  const line = (name: string, colour: string, width: number, opacity: number) => [
    {
      id: `way-${name}-casing`,
      type: "line",
      source: "way",
      filter: kind(name),
      layout: ROUND,
      paint: { "line-color": c.paper, "line-width": width + 4, "line-opacity": opacity },
    },
    {
      id: `way-${name}`,
      type: "line",
      source: "way",
      filter: kind(name),
      layout: ROUND,
      paint: { "line-color": colour, "line-width": width, "line-opacity": opacity },
    },
  ];
  return [...line("other", c.inkDim, 4, 0.8), ...line("chosen", c.selected, 6, 1)] as LayerSpecification[];
}
