// Where whoever calls is, as sure and as old as it is.

import type { TFunction } from "i18next";
import { ageText } from "../app/Age";
import type { CallerPlace, CallerView } from "../app/api/types.caller";
import { pointFeature } from "./features";

/** Older than this a phone in a hand is somewhere else. */
const OLD_MS = 60_000;

export function callerFeatures(views: CallerView[], now_ms: number, t: TFunction): GeoJSON.Feature[] {
  return views.flatMap((view) => {
    if (!view.place) return [];
    const { position, accuracy_m, measured_at_us, off_road_m } = view.place satisfies CallerPlace;
    const is_old = now_ms - measured_at_us / 1_000 > OLD_MS;
    const lines = [
      t("caller.on_map"),
      `${t("caller.accuracy", { metres: Math.max(1, Math.round(accuracy_m)) })} · ${ageText(measured_at_us, now_ms, t)}`,
    ];
    const icon = is_old ? "caller.old" : "caller.now";
    // Far from every road it is known no better than to the nearest one.
    const doubt_m = Math.max(accuracy_m, off_road_m ?? 0);
    return [
      pointFeature(view.call, position, {
        icon,
        label: lines.join("\n"),
        accuracy_m: doubt_m,
        is_old,
        sort: 98,
      }),
    ];
  });
}
