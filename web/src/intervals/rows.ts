// What is asked of the interval report, and its rows as a file has them.

import type { TFunction } from "i18next";
import { microsFromTaipei } from "../app/age";
import type { Micros } from "../app/api/types";
import { type Division, type IntervalReport, type Kpis, LINKS, type Period } from "../app/api/types.shifts";
import type { Cell } from "../investigate/csv";

const DAY_US = 86_400_000_000;
const WINDOW_MAX_US = 366 * DAY_US;

export interface Asked {
  /** `2026-11-01`, Taipei. */
  from: string;
  /** The last day, which is part of it. */
  until: string;
  period: Period;
  division: Division;
}

/** Whole days in Taipei; null when the server would refuse it. */
export function windowOf({ from, until }: Asked): { from_us: Micros; until_us: Micros } | null {
  const from_us = microsFromTaipei(from);
  const last_us = microsFromTaipei(until);
  if (from_us === null || last_us === null) return null;
  const until_us = last_us + DAY_US;
  return until_us > from_us && until_us - from_us <= WINDOW_MAX_US ? { from_us, until_us } : null;
}

export function groupName(division: Division, kindTitle: (kind: string) => string, t: TFunction) {
  return (group: string | null): string => {
    if (group === null) return t("interval.unknown");
    if (division === "kind") return kindTitle(group);
    return division === "priority" ? t("incident.priority", { n: group }) : group;
  };
}

const round = (seconds: number | null): number | null => (seconds === null ? null : Math.round(seconds));

/** Seconds, so that a spreadsheet can count with them; empty where too few were measured. */
export function csvRows(report: IntervalReport, name: (group: string | null) => string, t: TFunction) {
  const links = LINKS.flatMap((link) => {
    const said = t(`interval.${link}`);
    return [`${said} n`, `${said} p50 s`, `${said} p90 s`, `${said} p95 s`];
  });
  const heads = [t("interval.period"), t("interval.division"), t("interval.incidents"), ...links];
  const rows = report.items.map((row): Cell[] => [
    row.period,
    report.division === "none" ? "" : name(row.group),
    row.incidents,
    ...LINKS.flatMap((link) => {
      const { n, p50_s, p90_s, p95_s } = row[link];
      return [n, round(p50_s), round(p90_s), round(p95_s)];
    }),
  ]);
  return { heads, rows };
}

/** The links of the chain from frame to scene, all in seconds. */
export function chainRows(kpis: Kpis, few: number) {
  const links = [
    ["read_to_hit", kpis.read_to_hit_ms, 1_000],
    ["hit_to_confirmed", kpis.hit_to_confirmed_s, 1],
    ["confirmed_to_dispatched", kpis.confirmed_to_dispatched_s, 1],
    ["dispatched_to_arrived", kpis.dispatched_to_arrived_s, 1],
  ] as const;
  return links.map(([link, { n, p50, p95 }, per_second]) => ({
    link,
    n,
    // Nothing measured is no small number of measurements.
    isFew: n > 0 && n < few,
    p50_s: p50 === null ? null : p50 / per_second,
    p95_s: p95 === null ? null : p95 / per_second,
  }));
}
