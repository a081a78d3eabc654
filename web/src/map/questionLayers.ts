// What an answer draws: areas asked about, passages in order, legs between them, crowds of points.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const isLine = ["==", ["geometry-type"], "LineString"];
const isPoint = ["==", ["geometry-type"], "Point"];
const kind = (name: string) => ["==", ["get", "kind"], name];

/** A warning that is looked at, others that are in force, and what a person draws. */
const areaColour = (c: MapColours) => [
  "match",
  ["get", "kind"],
  "warning",
  c.warn,
  "other_warning",
  c.inkDim,
  c.selected,
];

/** Below cameras and vehicles: what colours the ground. */
export function questionLayersBelow(c: MapColours): LayerSpecification[] {
  return [
    {
      id: "areas-fill",
      type: "fill",
      source: "areas",
      filter: ["==", ["geometry-type"], "Polygon"],
      // Faint enough that a whole city under a warning can still be read.
      paint: {
        "fill-color": areaColour(c),
        "fill-opacity": ["match", ["get", "kind"], "other_warning", 0.05, 0.12],
      },
    },
    {
      id: "areas-edge",
      type: "line",
      source: "areas",
      filter: ["in", ["geometry-type"], ["literal", ["Polygon", "LineString"]]],
      paint: { "line-color": areaColour(c), "line-width": 2.5 },
    },
    {
      id: "cells-fill",
      type: "fill",
      source: "cells",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: {
        "fill-color": ["case", ["get", "isChosen"], c.selected, c.ink],
        "fill-opacity": ["interpolate", ["linear"], ["get", "share"], 0, 0.1, 1, 0.6],
        "fill-outline-color": c.inkDim,
      },
    },
    {
      id: "cells-edge",
      type: "line",
      source: "cells",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: {
        "line-color": ["case", ["get", "isChosen"], c.selected, c.inkDim],
        "line-width": ["case", ["get", "isChosen"], 3.5, 1],
      },
    },
    {
      id: "leg",
      type: "line",
      source: "path",
      filter: ["all", isLine, kind("leg")],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.selected, "line-width": 2.5, "line-opacity": 0.85 },
    },
    {
      id: "leg-gap",
      type: "line",
      source: "path",
      filter: ["all", isLine, kind("gap")],
      paint: { "line-color": c.inkDim, "line-width": 2, "line-dasharray": [2, 3] },
    },
    {
      id: "leg-impossible",
      type: "line",
      source: "path",
      filter: ["all", isLine, kind("impossible")],
      paint: { "line-color": c.warn, "line-width": 4, "line-dasharray": [1, 0.7] },
    },
    {
      id: "leg-way",
      type: "symbol",
      source: "path",
      filter: ["all", isLine, kind("leg")],
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 90,
        "text-field": "›",
        "text-size": 22,
        "text-keep-upright": false,
        "text-offset": [0, -0.08],
      },
      paint: { "text-color": c.selected, "text-halo-color": c.paper, "text-halo-width": 1.5 },
    },
  ] as LayerSpecification[];
}

/** Above vehicles: what can be chosen. */
export function questionLayersAbove(c: MapColours): LayerSpecification[] {
  return [
    {
      id: "areas-corners",
      type: "circle",
      source: "areas",
      filter: isPoint,
      paint: {
        "circle-radius": 6,
        "circle-color": c.paper,
        "circle-stroke-color": c.selected,
        "circle-stroke-width": 2.5,
      },
    },
    {
      id: "cells-points",
      type: "circle",
      source: "cells",
      filter: isPoint,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["get", "share"], 0, 4, 1, 22],
        "circle-color": ["case", ["get", "isChosen"], c.selected, c.ink],
        "circle-opacity": 0.28,
        "circle-stroke-color": ["case", ["get", "isChosen"], c.selected, c.ink],
        "circle-stroke-width": 1.5,
      },
    },
    {
      id: "cells-numbers",
      type: "symbol",
      source: "cells",
      layout: { "text-field": ["coalesce", ["get", "label"], ""], "text-size": 15 },
      paint: { "text-color": c.ink, "text-halo-color": c.paper, "text-halo-width": 2 },
    },
    {
      id: "dots-clusters",
      type: "circle",
      source: "dots",
      filter: ["has", "point_count"],
      paint: {
        "circle-radius": ["step", ["get", "point_count"], 15, 50, 19, 500, 24, 5000, 29],
        "circle-color": c.paper,
        "circle-stroke-color": c.ink,
        "circle-stroke-width": 1.5,
      },
    },
    {
      id: "dots-counts",
      type: "symbol",
      source: "dots",
      filter: ["has", "point_count"],
      layout: { "text-field": ["get", "point_count"], "text-size": 14, "text-allow-overlap": true },
      paint: { "text-color": c.ink },
    },
    {
      id: "dots-points",
      type: "circle",
      source: "dots",
      filter: ["!", ["has", "point_count"]],
      paint: {
        "circle-radius": 7,
        "circle-color": c.paper,
        "circle-stroke-color": c.selected,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "path-points",
      type: "circle",
      source: "path",
      filter: isPoint,
      layout: { "circle-sort-key": ["get", "sort"] },
      paint: {
        "circle-radius": ["+", ["get", "radius"], ["case", ["get", "isChosen"], 2.5, 0]],
        "circle-color": ["case", ["get", "isChosen"], c.selected, c.paper],
        "circle-stroke-color": c.selected,
        "circle-stroke-width": ["case", ["get", "isChosen"], 3, 2],
        // The older, the fainter its ring.
        "circle-stroke-opacity": ["interpolate", ["linear"], ["get", "age"], 0, 1, 1, 0.35],
      },
    },
    {
      id: "path-numbers",
      type: "symbol",
      source: "path",
      filter: isPoint,
      layout: {
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-allow-overlap": true,
        "symbol-sort-key": ["get", "sort"],
      },
      paint: { "text-color": ["case", ["get", "isChosen"], c.paper, c.ink] },
    },
    {
      id: "path-names",
      type: "symbol",
      source: "path",
      minzoom: 12,
      filter: isPoint,
      layout: {
        "text-field": ["get", "name"],
        "text-size": 14,
        "text-anchor": "top",
        "text-offset": [0, 1.1],
        "text-optional": true,
      },
      paint: { "text-color": c.ink, "text-halo-color": c.paper, "text-halo-width": 1.6 },
    },
    {
      id: "leg-speed",
      type: "symbol",
      source: "path",
      filter: ["all", isLine, kind("impossible")],
      layout: {
        "symbol-placement": "line-center",
        "text-field": ["get", "label"],
        "text-size": 15,
        "text-rotation-alignment": "viewport",
        "text-allow-overlap": true,
      },
      paint: { "text-color": c.warn, "text-halo-color": c.paper, "text-halo-width": 2.5 },
    },
  ] as LayerSpecification[];
}
