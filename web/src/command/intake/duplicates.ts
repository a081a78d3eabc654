// What an open incident has in common with a call, in words; and what was merged into an incident, from its log.

import type { TFunction } from "i18next";
import type { IncidentLogLine, Reason } from "../../app/api/types";
import { sayDistance, saySeconds } from "../../app/say";

/** "180 m away": metres and seconds are said as everywhere. */
export function resemblanceText({ key, value }: Reason, t: TFunction): string {
  const said =
    value === null
      ? ""
      : key === "away"
        ? sayDistance(value, t)
        : key === "ago"
          ? saySeconds(value, t)
          : value;
  return t(`duplicate.reason.${key}`, { value: said, defaultValue: key });
}

export interface TakenIn {
  incident: string;
  number: string;
}

/** Reports that are merged into an incident now, in the order in which they came. */
export function takenIn(log: IncidentLogLine[]): TakenIn[] {
  const there = new Map<string, TakenIn>();
  for (const { key, params } of log) {
    const incident = String(params.incident ?? "");
    if (key === "incident_took_in") there.set(incident, { incident, number: String(params.number ?? "") });
    if (key === "incident_gave_back") there.delete(incident);
  }
  return [...there.values()];
}
