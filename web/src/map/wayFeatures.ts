// Closed roads and the line to follow, as the map draws them.

import type { Wgs84 } from "../app/api/types";
import type { Closure } from "../app/api/types.way";
import { pointFeature } from "./features";

function lineFeature(id: string, kind: string, line: Wgs84[], label = ""): GeoJSON.Feature {
  return {
    type: "Feature",
    properties: { id, kind, label },
    geometry: { type: "LineString", coordinates: line.map((place) => [place.lon, place.lat]) },
  };
}

/** What is closed, and what a person is drawing to be closed. */
export function closureFeatures(closures: Closure[], drawn: Wgs84[], word: string): GeoJSON.Feature[] {
  const closed = closures.flatMap((closure) =>
    closure.pieces.map((piece, at) => lineFeature(`${closure.id}-${at}`, "closed", piece.line, word)),
  );
  const corners = drawn.map((place, at) => pointFeature(`corner-${at}`, place, { kind: "corner" }));
  return [...closed, ...(drawn.length > 1 ? [lineFeature("drawn", "drawn", drawn)] : []), ...corners];
}

export function wayFeatures(chosen: Wgs84[], others: Wgs84[][]): GeoJSON.Feature[] {
  return [
    ...others.map((line, at) => lineFeature(`other-${at}`, "other", line)),
    lineFeature("chosen", "chosen", chosen),
  ];
}
