// How a caller is drawn: a drop with a phone's dot, its circle of doubt, and hollow once it is old.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

export function callerLayers(c: MapColours, metresPerPixelZ20: number): LayerSpecification[] {
  return [
    {
      id: "caller-accuracy",
      type: "circle",
      source: "caller",
      paint: {
        "circle-color": c.selected,
        "circle-opacity": 0.12,
        "circle-stroke-color": c.selected,
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
      id: "caller-place",
      type: "symbol",
      source: "caller",
      layout: {
        "icon-image": ["get", "icon"],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-anchor": "top",
        "text-offset": [0, 1.2],
        "text-allow-overlap": true,
      },
      paint: { "text-color": c.selected, "text-halo-color": c.paper, "text-halo-width": 1.8 },
    },
  ] as LayerSpecification[];
}
