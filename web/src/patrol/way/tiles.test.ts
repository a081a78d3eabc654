import { afterEach, describe, expect, it, vi } from "vitest";
import { forgetTiles, TILES_MAX, tileOf, tilesOf } from "./tiles";

afterEach(() => vi.unstubAllGlobals());

const at = (lon: number, lat: number) => ({ lon, lat });
const named = (lon: number, lat: number, zoom: number) => [zoom, ...tileOf(at(lon, lat), zoom)].join("/");

describe("the tiles of several ways", () => {
  it("are those of each, and none of the line from the end of one to the start of the next", () => {
    const tiles = tilesOf([
      [at(120.2, 23.0), at(120.204, 23.0)],
      [at(120.28, 23.0), at(120.284, 23.0)],
    ]);
    expect(tiles).toContain(named(120.202, 23.0, 16));
    expect(tiles).toContain(named(120.282, 23.0, 16));
    expect(tiles).not.toContain(named(120.24, 23.0, 16));
  });

  it("are kept once, and never more than the phone is asked to keep", () => {
    const long = [at(120.0, 23.0), at(120.5, 23.4)];
    const tiles = tilesOf([long, long]);
    expect(new Set(tiles).size).toBe(tiles.length);
    expect(tiles).toHaveLength(TILES_MAX);
    expect(tilesOf([])).toEqual([]);
  });
});

describe("forgetting them", () => {
  it("deletes what the service worker kept", async () => {
    const gone: string[] = [];
    vi.stubGlobal("caches", { delete: async (name: string) => gone.push(name) });
    await forgetTiles();
    expect(gone).toEqual(["shouhu-roads-v1"]);
  });

  it("does not hurt where nothing may be kept", async () => {
    vi.stubGlobal("caches", undefined);
    await forgetTiles();
    vi.stubGlobal("caches", { delete: () => Promise.reject(new Error("barred")) });
    await forgetTiles();
  });
});
