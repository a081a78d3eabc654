import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { describe, expect, it } from "vitest";
import { COLOURS } from "./palette";
import { streetLayers } from "./streetLayers";

describe("the layers of streets", () => {
  const layers = streetLayers(COLOURS.dark);

  it("are a style that the map takes", () => {
    const sources = {
      streets: { type: "geojson" as const, data: { type: "FeatureCollection" as const, features: [] } },
    };
    expect(validateStyleMin({ version: 8, sources, layers })).toEqual([]);
  });

  it("draw an open street at every distance, and once", () => {
    const open = layers.filter((layer) => layer.id.startsWith("street-open"));
    const at = (zoom: number) =>
      open.filter(({ minzoom = 0, maxzoom = 24 }) => minzoom <= zoom && zoom < maxzoom);
    for (const zoom of [9, 13, 13.4, 13.5, 17]) expect([zoom, at(zoom).length]).toEqual([zoom, 1]);
  });
});
