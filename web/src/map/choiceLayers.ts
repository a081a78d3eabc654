// How cover, moves and cries for help are drawn. Orange, grey and blue are told apart by every eye; a gap is also hollow.

import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const kind = (name: string): ExpressionSpecification => ["==", ["get", "kind"], name];

export function coverLayers(c: MapColours): LayerSpecification[] {
  const byUnits = (
    none: string | number,
    one: string | number,
    more: string | number,
  ): ExpressionSpecification => ["match", ["get", "units"], 0, none, 1, one, more];
  // In pixels at each zoom, so that circles neither vanish nor cover the city.
  const size = (least: number, most: number): ExpressionSpecification => [
    "+",
    least,
    ["*", most, ["get", "size"]],
  ];
  return [
    {
      id: "cover-cells",
      type: "circle",
      source: "cover",
      filter: kind("cell"),
      layout: { "circle-sort-key": ["-", 0, ["get", "sort"]] },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, size(1.5, 9), 14, size(4, 26)],
        "circle-color": byUnits(c.warn, c.inkDim, c.selected),
        "circle-opacity": byUnits(0.08, 0.4, 0.32),
        "circle-stroke-color": byUnits(c.warn, c.inkDim, c.selected),
        "circle-stroke-width": byUnits(2.5, 1, 1),
        "circle-stroke-opacity": byUnits(1, 0.7, 0.7),
      },
    },
    {
      id: "cover-way",
      type: "line",
      source: "cover",
      filter: kind("way"),
      paint: { "line-color": c.selected, "line-width": 2.5, "line-dasharray": [2.5, 1.5] },
    },
    {
      id: "cover-goal",
      type: "symbol",
      source: "cover",
      filter: kind("goal"),
      layout: {
        "icon-image": ["get", "icon"],
        "icon-allow-overlap": true,
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-anchor": "top",
        "text-offset": [0, 1.1],
      },
      paint: { "text-color": c.ink, "text-halo-color": c.paper, "text-halo-width": 1.8 },
    },
  ] as LayerSpecification[];
}

/** The sign itself is an element above the map, which can beat without drawing the map anew. */
export function panicLayers(c: MapColours, metresPerPixelZ20: number): LayerSpecification[] {
  return [
    {
      id: "panic-accuracy",
      type: "circle",
      source: "panic",
      filter: [">", ["coalesce", ["get", "accuracy_m"], 0], 0],
      paint: {
        "circle-color": c.alarm,
        "circle-opacity": 0.12,
        "circle-stroke-color": c.alarm,
        "circle-stroke-width": 1.5,
        "circle-radius": [
          "interpolate",
          ["exponential", 2],
          ["zoom"],
          0,
          0,
          20,
          ["/", ["get", "accuracy_m"], metresPerPixelZ20],
        ],
      },
    },
    {
      id: "panic-names",
      type: "symbol",
      source: "panic",
      layout: {
        "text-field": ["get", "label"],
        "text-size": 16,
        "text-anchor": "bottom",
        "text-offset": [0, -1.6],
        "text-allow-overlap": true,
      },
      paint: { "text-color": c.alarm, "text-halo-color": c.paper, "text-halo-width": 2.2 },
    },
  ] as LayerSpecification[];
}
