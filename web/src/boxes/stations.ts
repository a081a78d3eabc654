// The order of the stations: worst first unless somebody wants it otherwise.

import type { StationSummary } from "../app/api/types.patrol";

/** What is wrong stands first: a phone shows no more than that. */
export const STATION_COLUMNS = [
  "station",
  "missed",
  "late",
  "never",
  "on_time",
  "share",
  "boxes",
  "check_ins_7d",
] as const;
export type StationColumn = (typeof STATION_COLUMNS)[number];

export interface Order {
  by: StationColumn;
  isDown: boolean;
}

export const WORST_FIRST: Order = { by: "missed", isDown: true };

/** Visited in time, of all; null for a station without boxes. */
export function shareOnTime(row: StationSummary): number | null {
  return row.boxes === 0 ? null : row.on_time / row.boxes;
}

function numberOf(row: StationSummary, by: Exclude<StationColumn, "station">): number {
  return by === "share" ? (shareOnTime(row) ?? -1) : row[by];
}

const names = new Intl.Collator("zh-Hant-TW", { numeric: true });

/** Equal ones by name, whichever way the rest runs. */
export function ordered(rows: StationSummary[], { by, isDown }: Order): StationSummary[] {
  const sign = isDown ? -1 : 1;
  return [...rows].sort((a, b) => {
    const byName = names.compare(a.station, b.station);
    if (by === "station") return sign * byName;
    return sign * (numberOf(a, by) - numberOf(b, by)) || byName;
  });
}

/** The same column again turns round; a new one begins with names from the top and numbers from the largest. */
export function nextOrder(now: Order, by: StationColumn): Order {
  if (now.by === by) return { by, isDown: !now.isDown };
  return { by, isDown: by !== "station" };
}
