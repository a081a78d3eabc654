// From what the server says to what the map draws.

import type { TFunction } from "i18next";
import { isStale } from "../app/age";
import type { Camera, Hit, Id, Incident, Unit, Wgs84 } from "../app/api/types";
import type { NearCamera } from "../app/api/types.desk";
import type { BoxState, PatrolBox } from "../app/api/types.patrol";
import type { PlaceCandidate } from "../app/api/types.places";

export function unitFeatures(units: Unit[], now_ms: number, t: TFunction): GeoJSON.Feature[] {
  return units.flatMap((unit) => {
    if (!unit.position || unit.state === "off_duty") return [];
    const isOld = isStale(unit.position_at_us, now_ms);
    const state = isOld ? t("unit.stale") : t(`unit_state.${unit.state}`);
    return [
      pointFeature(unit.id, unit.position, {
        icon: `unit.${unit.state}${isOld ? ".stale" : ""}`,
        label: `${unit.call_sign}\n${state}`,
        accuracy_m: unit.accuracy_m,
        sort: isOld ? 0 : 1,
      }),
    ];
  });
}

export function hitFeatures(hits: Hit[]): GeoJSON.Feature[] {
  return hits.flatMap((hit) => {
    if (!hit.position) return [];
    const kind =
      hit.state === "confirmed"
        ? "confirmed"
        : hit.entry.action === "stop_with_caution"
          ? "caution"
          : "raised";
    return [pointFeature(hit.id, hit.position, { icon: `hit.${kind}`, label: hit.plate_display, sort: 3 })];
  });
}

export function incidentFeatures(incidents: Incident[], title: (kind: string) => string): GeoJSON.Feature[] {
  return incidents.flatMap((incident) =>
    incident.position && incident.state !== "closed" && incident.state !== "merged"
      ? [
          pointFeature(incident.id, incident.position, {
            icon: `incident.${incident.priority}.${incident.state === "open" ? "open" : "taken"}`,
            label: title(incident.kind),
            sort: 2,
          }),
        ]
      : [],
  );
}

export function cameraFeatures(cameras: Camera[]): GeoJSON.Feature[] {
  return cameras.flatMap((camera) =>
    camera.position && camera.kind === "fixed"
      ? [
          pointFeature(camera.id, camera.position, {
            icon: camera.is_active ? "camera.on" : "camera.off",
            label: camera.name,
          }),
        ]
      : [],
  );
}

const BOX_SORT: Record<BoxState, number> = { missed: 3, late: 2, never: 1, on_time: 0, retired: -1 };

/** What nobody has visited lies above what somebody has. */
export function boxFeatures(boxes: PatrolBox[]): GeoJSON.Feature[] {
  return boxes.map((box) =>
    pointFeature(box.id, box.position, {
      icon: `box.${box.state}`,
      label: `${box.number}\n${box.name}`,
      sort: BOX_SORT[box.state],
    }),
  );
}

/** Numbered as in the list beside the map; the first lies on top. */
export function choiceFeatures(places: PlaceCandidate[]): GeoJSON.Feature[] {
  return places.map((place, at) =>
    pointFeature(`place-${at}`, place.position, { icon: `place.${at + 1}`, sort: places.length - at }),
  );
}

/** Numbered as in the list beside the map. */
export function nearCameraFeatures(cameras: NearCamera[]): GeoJSON.Feature[] {
  return cameras.map((camera, at) =>
    pointFeature(`near-${camera.id}`, camera.position, {
      icon: `place.${at + 1}`,
      sort: cameras.length - at,
    }),
  );
}

export function pointFeature(
  id: Id,
  place: Wgs84,
  properties: Record<string, string | number | boolean | null>,
): GeoJSON.Feature {
  return {
    type: "Feature",
    properties: { id, sort: 0, ...properties },
    geometry: { type: "Point", coordinates: [place.lon, place.lat] },
  };
}
