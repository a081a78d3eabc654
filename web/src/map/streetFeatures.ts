// Streets on the map, as they were driven.

import type { StreetLine } from "../app/api/types.streets";

export function streetFeatures(lines: StreetLine[]): GeoJSON.Feature[] {
  return lines.map(({ id, state, kind, line }) => ({
    type: "Feature",
    properties: { id: String(id), state, kind },
    geometry: { type: "LineString", coordinates: line },
  }));
}
