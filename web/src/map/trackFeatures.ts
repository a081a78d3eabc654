// A unit's track on the map: what was heard as a line, silences apart from it, each fix with what is known of its accuracy.

import type { TFunction } from "i18next";
import { sayDuration } from "../app/say";
import type { Fix, Head, Stretch } from "../positions/track";
import { fixesOf } from "../positions/track";
import { pointFeature } from "./features";

function line(id: string, kind: string, fixes: Fix[], label: string): GeoJSON.Feature[] {
  if (fixes.length < 2) return [];
  const coordinates = fixes.map(({ place }) => [place.lon, place.lat]);
  return [
    { type: "Feature", properties: { id, kind, label }, geometry: { type: "LineString", coordinates } },
  ];
}

export function trackFeatures(stretches: Stretch[], t: TFunction): GeoJSON.Feature[] {
  const lines = stretches.flatMap((stretch, at) => {
    const silence = sayDuration((stretch.until_us - stretch.from_us) / 1e6, t);
    const label = stretch.kind === "gap" ? t("track.gap_label", { time: silence }) : "";
    return line(`${stretch.kind}-${at}`, stretch.kind, stretch.fixes, label);
  });
  const fixes = fixesOf(stretches);
  const points = fixes.map((fix, at) =>
    pointFeature(`fix-${at}`, fix.place, {
      kind: fix.isAlarm ? "alarm" : "fix",
      accuracy_m: fix.accuracy_m,
      isKnown: fix.accuracy_m !== null,
      sort: fix.isAlarm ? 1 : 0,
    }),
  );
  const [first] = fixes;
  const last = fixes.at(-1);
  const ends =
    first && last && fixes.length > 1
      ? [
          pointFeature("first", first.place, { kind: "end", label: t("track.first") }),
          pointFeature("last", last.place, { kind: "end", label: t("track.last") }),
        ]
      : [];
  return [...lines, ...points, ...ends];
}

export function headFeatures(head: Head | null, t: TFunction): GeoJSON.Feature[] {
  if (!head) return [];
  const { fix, isSilent } = head;
  const unknown = fix.accuracy_m === null ? t("tracker.accuracy_unknown") : "";
  return [
    pointFeature("head", fix.place, {
      accuracy_m: fix.accuracy_m,
      isSilent,
      label: isSilent ? t("track.silent_here") : unknown,
    }),
  ];
}
