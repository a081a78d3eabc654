// What moves or matters, above the base map. Shape and text say what colour says.

import type { LayerSpecification, SourceSpecification } from "maplibre-gl";
import { callerLayers } from "./callerLayers";
import { coverLayers, panicLayers } from "./choiceLayers";
import { COLOURS, type Scheme } from "./palette";
import { questionLayersAbove, questionLayersBelow } from "./questionLayers";
import { ringLines, ringSigns } from "./ringLayers";
import { streetLayers } from "./streetLayers";
import { tourLayers } from "./tourLayers";
import { trackLayers } from "./trackLayers";
import { closureLayers, wayLayers } from "./wayLayers";

export const OVERLAYS = [
  "areas",
  "cells",
  "cover",
  "streets",
  "closures",
  "way",
  "cameras",
  "boxes",
  "path",
  "dots",
  "track",
  "head",
  "ring",
  "tours",
  "units",
  "incidents",
  "hits",
  "panic",
  "selection",
  "caller",
  "pin",
] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** Layers that answer to a click, and what they stand for. */
export const PICKABLE: Record<string, Overlay> = {
  hits: "hits",
  incidents: "incidents",
  units: "units",
  "tour-stops": "tours",
  "path-points": "path",
  "dots-clusters": "dots",
  "dots-points": "dots",
  "cells-points": "cells",
  boxes: "boxes",
  cameras: "cameras",
  // A hexagon has others on top of it.
  "cells-fill": "cells",
  "street-covered": "streets",
  "street-stale": "streets",
  "street-open": "streets",
  "street-open-far": "streets",
};

/** Metres per pixel at zoom 20 near Tainan (23° N), 512-pixel tiles. */
const METRES_PER_PIXEL_Z20 = 0.0687;

export function overlaySources(): Record<string, SourceSpecification> {
  const empty = { type: "FeatureCollection" as const, features: [] };
  return Object.fromEntries(
    OVERLAYS.map((name) => [
      name,
      {
        type: "geojson",
        data: empty,
        promoteId: "id",
        ...(name === "dots" ? { cluster: true, clusterRadius: 46, clusterMaxZoom: 15 } : {}),
      } as SourceSpecification,
    ]),
  );
}

export function overlayLayers(scheme: Scheme): LayerSpecification[] {
  const c = COLOURS[scheme];
  const label = (id: string, source: Overlay, offset: number, minzoom = 0, colour = c.ink) =>
    ({
      id,
      type: "symbol",
      source,
      minzoom,
      layout: {
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-anchor": "top",
        "text-offset": [0, offset],
        "text-optional": true,
        "text-line-height": 1.15,
        "symbol-sort-key": ["get", "sort"],
      },
      paint: { "text-color": colour, "text-halo-color": c.paper, "text-halo-width": 1.6 },
    }) as LayerSpecification;
  const icon = (id: string, source: Overlay, size: unknown = 1) =>
    ({
      id,
      type: "symbol",
      source,
      layout: {
        "icon-image": ["get", "icon"],
        "icon-size": size,
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "sort"],
      },
    }) as LayerSpecification;
  return [
    ...questionLayersBelow(c),
    ...coverLayers(c),
    ...streetLayers(c),
    ...wayLayers(c),
    ...closureLayers(c),
    icon("cameras", "cameras", ["interpolate", ["linear"], ["zoom"], 10, 0.5, 14, 0.9]),
    label("camera-names", "cameras", 0.8, 15, c.inkDim),
    icon("boxes", "boxes", ["interpolate", ["linear"], ["zoom"], 10, 0.45, 14, 0.9]),
    label("box-names", "boxes", 0.9, 14, c.inkDim),
    {
      id: "accuracy",
      type: "circle",
      source: "units",
      filter: [">", ["coalesce", ["get", "accuracy_m"], 0], 15],
      paint: {
        "circle-color": c.ink,
        "circle-opacity": 0.06,
        "circle-stroke-color": c.inkDim,
        "circle-stroke-width": 1,
        "circle-stroke-opacity": 0.5,
        "circle-radius": [
          "interpolate",
          ["exponential", 2],
          ["zoom"],
          0,
          0,
          20,
          ["/", ["get", "accuracy_m"], METRES_PER_PIXEL_Z20],
        ],
      },
    },
    {
      id: "selection",
      type: "circle",
      source: "selection",
      paint: {
        "circle-radius": 21,
        "circle-color": c.selected,
        "circle-opacity": 0.14,
        "circle-stroke-color": c.selected,
        "circle-stroke-width": 2.5,
      },
    },
    ...ringLines(c),
    ...tourLayers(c),
    icon("units", "units"),
    icon("incidents", "incidents"),
    icon("hits", "hits"),
    ...trackLayers(c, METRES_PER_PIXEL_Z20),
    ...questionLayersAbove(c),
    ...ringSigns(c),
    label("hit-names", "hits", 1.6),
    label("incident-names", "incidents", 1.6),
    label("unit-names", "units", 1.1, 11),
    icon("pin", "pin"),
    ...callerLayers(c, METRES_PER_PIXEL_Z20),
    ...panicLayers(c, METRES_PER_PIXEL_Z20),
  ];
}
