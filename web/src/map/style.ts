// Our own base map: vector tiles from our own server, glyphs drawn by the browser. No address outside this origin.

import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { MapInfo } from "../app/api/types";
import { overlayLayers, overlaySources } from "./overlays";
import { COLOURS, type Scheme } from "./palette";

/** The zooms that the server cuts tiles for. */
const TILE_ZOOM = { minzoom: 6, maxzoom: 16 };

const MINOR = ["residential", "service"];
const MAIN = ["secondary", "tertiary"];
const MAJOR = ["motorway", "trunk", "primary"];

type Widths = [number, number][];

const byZoom = (stops: Widths) =>
  ["interpolate", ["exponential", 1.6], ["zoom"], ...stops.flat()] as unknown as number;

const isClass = (classes: string[]) => ["in", ["get", "class"], ["literal", classes]] as never;

function roadLayers(scheme: Scheme): LayerSpecification[] {
  const c = COLOURS[scheme];
  const line = (id: string, classes: string[], colour: string, widths: Widths, minzoom: number) =>
    ({
      id,
      type: "line",
      source: "base",
      "source-layer": "roads",
      minzoom,
      filter: isClass(classes),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour, "line-width": byZoom(widths) },
    }) as LayerSpecification;
  const wider = (widths: Widths, by: number): Widths => widths.map(([zoom, width]) => [zoom, width + by]);
  const minor: Widths = [
    [12, 0.5],
    [14, 1.4],
    [16, 5],
    [19, 18],
  ];
  const main: Widths = [
    [10, 0.6],
    [13, 2],
    [16, 8],
    [19, 26],
  ];
  const major: Widths = [
    [7, 0.6],
    [10, 1.4],
    [13, 3.4],
    [16, 11],
    [19, 34],
  ];
  const dashed = {
    ...line(
      "road-path",
      ["path"],
      c.path,
      [
        [14, 0.8],
        [17, 2],
      ],
      14,
    ),
  } as LayerSpecification & { paint: Record<string, unknown> };
  dashed.paint = { ...dashed.paint, "line-dasharray": [2, 1.5] };
  return [
    dashed,
    line("road-minor-casing", MINOR, c.casing, wider(minor, 1.4), 13),
    line("road-main-casing", MAIN, c.casing, wider(main, 1.6), 12),
    line("road-major-casing", MAJOR, c.casing, wider(major, 1.8), 9),
    line("road-minor", MINOR, c.road, minor, 12),
    line("road-main", MAIN, c.roadMain, main, 9),
    line("road-major", MAJOR, c.roadMajor, major, 6),
  ];
}

function baseLayers(scheme: Scheme): LayerSpecification[] {
  const c = COLOURS[scheme];
  const fill = (id: string, layer: string, colour: string, areaClass?: string) =>
    ({
      id,
      type: "fill",
      source: "base",
      "source-layer": layer,
      ...(areaClass ? { filter: ["==", ["get", "class"], areaClass] } : {}),
      paint: { "fill-color": colour },
    }) as LayerSpecification;
  return [
    fill("area-built-up", "areas", c.builtUp, "built_up"),
    fill("area-park", "areas", c.park, "park"),
    fill("water", "water", c.water),
    ...roadLayers(scheme),
    {
      id: "road-names",
      type: "symbol",
      source: "base",
      "source-layer": "labels",
      filter: ["==", ["geometry-type"], "LineString"],
      layout: {
        "text-field": ["get", "name"],
        "text-size": byZoom([
          [12, 13],
          [15, 14],
          [18, 16],
        ]),
        "symbol-placement": "line",
        "symbol-spacing": 320,
        "text-letter-spacing": 0.06,
      },
      paint: { "text-color": c.label, "text-halo-color": c.labelHalo, "text-halo-width": 1.4 },
    },
    {
      id: "place-names",
      type: "symbol",
      source: "base",
      "source-layer": "labels",
      filter: ["==", ["geometry-type"], "Point"],
      layout: { "text-field": ["get", "name"], "text-size": 14 },
      paint: { "text-color": c.label, "text-halo-color": c.labelHalo, "text-halo-width": 1.4 },
    },
  ];
}

export function mapStyle(info: MapInfo | null, scheme: Scheme): StyleSpecification {
  const isThere = info !== null && info.bounds !== null && info.version > 0;
  return {
    version: 8,
    name: `shouhu-${scheme}`,
    sources: {
      ...(isThere
        ? {
            base: {
              type: "vector",
              tiles: [`${window.location.origin}/v1/map/tiles/{z}/{x}/{y}?v=${info.version}`],
              bounds: info.bounds as [number, number, number, number],
              attribution: info.attribution,
              ...TILE_ZOOM,
            },
          }
        : {}),
      ...overlaySources(),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": COLOURS[scheme].ground } },
      ...(isThere ? baseLayers(scheme) : []),
      ...overlayLayers(scheme),
    ],
  };
}
