// Areas of warnings, as the map draws them.

import type { Id, Wgs84 } from "../app/api/types";
import type { Warning } from "../app/api/types.warnings";
import { ringOf } from "../investigate/area";

function ringsOf(warning: Pick<Warning, "areas">): Wgs84[][] {
  return warning.areas.flatMap(({ polygons, circles }) => [
    ...polygons,
    ...circles.map(({ centre, radius_m }) => ringOf({ kind: "circle", centre, radius_m })),
  ]);
}

/** The chosen one is drawn last, above those that it overlaps. */
export function warningFeatures(warnings: Warning[], chosen: Id | null): GeoJSON.Feature[] {
  const ordered = [...warnings].sort((a, b) => Number(a.id === chosen) - Number(b.id === chosen));
  return ordered.flatMap((warning) =>
    ringsOf(warning)
      .filter((ring) => ring.length >= 3)
      .map(
        (ring, at): GeoJSON.Feature => ({
          type: "Feature",
          properties: {
            id: `${warning.id}-${at}`,
            kind: warning.id === chosen ? "warning" : "other_warning",
          },
          geometry: {
            type: "Polygon",
            coordinates: [[...ring, ...ring.slice(0, 1)].map((p) => [p.lon, p.lat])],
          },
        }),
      ),
  );
}

export function warningPlaces(warning: Pick<Warning, "areas">): Wgs84[] {
  return ringsOf(warning).flat();
}
