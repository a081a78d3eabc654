// Where an H3 cell lies. The library is 60 kB and comes only when a page has cells to draw.

import { useEffect, useState } from "react";
import type { Wgs84 } from "../app/api/types";

export interface H3 {
  /** Corners in order, the first not repeated. */
  outline: (cell: string) => Wgs84[];
  cellAt: (place: Wgs84, resolution: number) => string;
}

let loading: Promise<H3> | null = null;

function load(): Promise<H3> {
  loading ??= import("h3-js").then(({ cellToBoundary, latLngToCell }) => ({
    outline: (cell) => cellToBoundary(cell).map(([lat, lon]) => ({ lon, lat })),
    cellAt: ({ lat, lon }, resolution) => latLngToCell(lat, lon, resolution),
  }));
  return loading;
}

/** Null until it is there, and for good where it cannot be had: cells are then points, or words alone. */
export function useH3(isWanted: boolean): H3 | null {
  const [h3, setH3] = useState<H3 | null>(null);
  useEffect(() => {
    if (!isWanted) return;
    let isGone = false;
    load().then(
      (loaded) => !isGone && setH3(loaded),
      () => {
        loading = null;
      },
    );
    return () => {
      isGone = true;
    };
  }, [isWanted]);
  return h3;
}
