// How a track is drawn. A line only where the unit was heard; a dashed one says that nobody knows the way.

import type { LayerSpecification } from "maplibre-gl";
import type { MapColours } from "./palette";

const kind = (name: string) => ["==", ["get", "kind"], name];

/** A circle as wide on the ground as the radius that the device told. */
const onGround = (metresPerPixelZ20: number) => [
  "interpolate",
  ["exponential", 2],
  ["zoom"],
  0,
  0,
  20,
  ["/", ["get", "accuracy_m"], metresPerPixelZ20],
];

export function trackLayers(c: MapColours, metresPerPixelZ20: number): LayerSpecification[] {
  const isTold = [">", ["coalesce", ["get", "accuracy_m"], 0], 0];
  return [
    {
      id: "track-accuracy",
      type: "circle",
      source: "track",
      // Narrower ones vanish under the line.
      filter: [">", ["coalesce", ["get", "accuracy_m"], 0], 15],
      paint: {
        "circle-color": c.selected,
        "circle-opacity": 0.05,
        "circle-stroke-color": c.selected,
        "circle-stroke-width": 0.75,
        "circle-stroke-opacity": 0.3,
        "circle-radius": onGround(metresPerPixelZ20),
      },
    },
    {
      id: "track-gap",
      type: "line",
      source: "track",
      filter: kind("gap"),
      paint: { "line-color": c.inkDim, "line-width": 2, "line-dasharray": [2, 3] },
    },
    {
      id: "track-line",
      type: "line",
      source: "track",
      filter: kind("track"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.selected, "line-width": 3, "line-opacity": 0.9 },
    },
    {
      id: "track-way",
      type: "symbol",
      source: "track",
      filter: kind("track"),
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 110,
        "text-field": "›",
        "text-size": 22,
        "text-keep-upright": false,
        "text-offset": [0, -0.08],
      },
      paint: { "text-color": c.selected, "text-halo-color": c.paper, "text-halo-width": 1.5 },
    },
    {
      id: "track-fixes",
      type: "circle",
      source: "track",
      minzoom: 13,
      filter: kind("fix"),
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 1.5, 17, 4],
        // Hollow: nobody knows how exact it is.
        "circle-color": ["case", ["get", "isKnown"], c.selected, c.paper],
        "circle-stroke-color": ["case", ["get", "isKnown"], c.paper, c.warn],
        "circle-stroke-width": ["case", ["get", "isKnown"], 0.75, 1.5],
      },
    },
    {
      id: "track-gap-names",
      type: "symbol",
      source: "track",
      filter: kind("gap"),
      layout: {
        "symbol-placement": "line-center",
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-rotation-alignment": "viewport",
        "text-allow-overlap": true,
      },
      paint: { "text-color": c.ink, "text-halo-color": c.paper, "text-halo-width": 2.2 },
    },
    {
      id: "track-alarms",
      type: "circle",
      source: "track",
      filter: kind("alarm"),
      paint: {
        "circle-radius": 10,
        "circle-color": c.alarm,
        "circle-stroke-color": c.paper,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "track-alarm-signs",
      type: "symbol",
      source: "track",
      filter: kind("alarm"),
      layout: { "text-field": "!", "text-size": 16, "text-allow-overlap": true },
      paint: { "text-color": c.paper },
    },
    {
      id: "track-ends",
      type: "symbol",
      source: "track",
      filter: kind("end"),
      layout: {
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-anchor": "bottom",
        "text-offset": [0, -0.7],
        "text-allow-overlap": true,
      },
      paint: { "text-color": c.ink, "text-halo-color": c.paper, "text-halo-width": 2.2 },
    },
    {
      id: "head-accuracy",
      type: "circle",
      source: "head",
      filter: isTold,
      paint: {
        "circle-color": c.ink,
        "circle-opacity": 0.1,
        "circle-stroke-color": c.ink,
        "circle-stroke-width": 1.5,
        "circle-radius": onGround(metresPerPixelZ20),
      },
    },
    {
      id: "head",
      type: "circle",
      source: "head",
      paint: {
        "circle-radius": 8,
        "circle-color": ["case", ["get", "isSilent"], c.paper, c.ink],
        "circle-stroke-color": ["case", ["get", "isSilent"], c.warn, c.paper],
        "circle-stroke-width": 3,
      },
    },
    {
      id: "head-names",
      type: "symbol",
      source: "head",
      layout: {
        "text-field": ["get", "label"],
        "text-size": 14,
        "text-anchor": "top",
        "text-offset": [0, 1],
        "text-allow-overlap": true,
      },
      paint: { "text-color": c.warn, "text-halo-color": c.paper, "text-halo-width": 2.2 },
    },
  ] as LayerSpecification[];
}
