// How a ring is drawn. Lines lie below the units, junctions above them; each line has its own dash before its own colour.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const kind = (name: string) => ["==", ["get", "kind"], name];

export function ringLines(c: MapColours): LayerSpecification[] {
  return [
    {
      // Roads of the base map are as light as the paper: without an edge, a line drowns among them.
      id: "ring-casing",
      type: "line",
      source: "ring",
      filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": c.paper,
        "line-width": ["case", ["==", ["get", "kind"], "escape"], 9, 5],
        "line-opacity": 0.75,
      },
    },
    {
      id: "ring-ways",
      type: "line",
      source: "ring",
      filter: kind("post"),
      paint: { "line-color": c.selected, "line-width": 2.5, "line-dasharray": [2.5, 1.5] },
    },
    {
      id: "ring-escape",
      type: "line",
      source: "ring",
      filter: kind("escape"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.alarm, "line-width": 4.5 },
    },
    {
      id: "ring-escape-way",
      type: "symbol",
      source: "ring",
      filter: kind("escape"),
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 70,
        "text-field": "›",
        "text-size": 24,
        "text-keep-upright": false,
        "text-offset": [0, -0.08],
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": c.alarm, "text-halo-color": c.paper, "text-halo-width": 2 },
    },
  ] as LayerSpecification[];
}

export function ringSigns(c: MapColours): LayerSpecification[] {
  const text = { "text-color": c.ink, "text-halo-color": c.paper, "text-halo-width": 1.8 };
  return [
    {
      id: "ring-signs",
      type: "symbol",
      source: "ring",
      filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "icon-image": ["get", "icon"],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "sort"],
      },
    },
    {
      // Gives way to the names of junctions: the panel says what the line is, too.
      id: "ring-escape-name",
      type: "symbol",
      source: "ring",
      filter: kind("escape"),
      layout: {
        "symbol-placement": "line-center",
        "text-field": ["get", "label"],
        "text-size": 15,
        "text-offset": [3.2, 0],
        "text-rotation-alignment": "viewport",
      },
      paint: { ...text, "text-color": c.alarm },
    },
    {
      id: "ring-streets",
      type: "symbol",
      source: "ring",
      minzoom: 12,
      filter: kind("junction"),
      layout: {
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-anchor": "top",
        "text-offset": [0, 1],
        "text-optional": true,
        "text-line-height": 1.15,
        "symbol-sort-key": ["-", 0, ["get", "sort"]],
      },
      paint: text,
    },
    {
      // Above the sign: the incident's own name stands below it.
      id: "ring-seen-name",
      type: "symbol",
      source: "ring",
      filter: kind("seen"),
      layout: {
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-anchor": "bottom",
        "text-offset": [0, -1.7],
        "text-allow-overlap": true,
      },
      paint: { ...text, "text-color": c.alarm },
    },
  ] as LayerSpecification[];
}
