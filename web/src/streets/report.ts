// The report in words and as a file.

import type { TFunction } from "i18next";
import { taipeiDay } from "../app/age";
import type { PatrolReport, ReportPeriod, ReportShare } from "../app/api/types.report";
import { csvText, fileName, saveFile } from "../investigate/csv";

const percent = (share: number) => Math.round(share * 1000) / 10;

/** "83% (70–91), 25 of 30": a share of few says how far it may be off. */
export function sayReportShare(share: ReportShare | null, t: TFunction): string {
  if (!share) return "—";
  const { part, whole } = share;
  const values = { share: Math.round(share.share * 100), low: Math.round(share.low * 100) };
  return t("report.share", { ...values, high: Math.round(share.high * 100), part, whole });
}

/** The last day is within. */
export function sayPeriod(period: ReportPeriod): string {
  const last = taipeiDay(period.until_us - 1_000_000);
  return `${taipeiDay(period.from_us).slice(5)} – ${last.slice(5)}`;
}

const shareCells = (share: ReportShare | null) =>
  share ? [percent(share.share), percent(share.low), percent(share.high)] : [null, null, null];

/** One line for each period, and one for each box. */
export function reportCsv(report: PatrolReport, t: TFunction): string {
  const heads = [
    "what",
    "name",
    "station",
    "on_time",
    "late",
    "missed",
    "on_time_pct",
    "low",
    "high",
    "guessed_pct",
  ];
  heads.push(
    "entropy",
    "doubtful",
    "refused",
    "stops",
    "done",
    "skipped",
    "units",
    "standing_h",
    "driving_h",
  );
  heads.push("hits", "hits_of", "hits_expected", "streets_pct");
  const hours = (seconds: number) => Math.round(seconds / 360) / 10;
  const periods = report.periods.map((one) => [
    t(`report.by_${report.by}`),
    sayPeriod(one),
    report.station,
    one.visits.on_time,
    one.visits.late,
    one.visits.missed,
    ...shareCells(one.visits.on_time_share),
    null,
    null,
    one.doubtful,
    one.refused,
    one.tally.stops,
    one.tally.done,
    one.tally.skipped,
    one.units,
    hours(one.standing_s),
    hours(one.driving_s),
    one.hit_share?.part ?? null,
    one.hit_share?.whole ?? null,
    Math.round(one.hits_expected * 10) / 10,
    one.streets ? percent(one.streets.mean) : null,
  ]);
  const boxes = report.boxes.map((one) => [
    t("report.box"),
    `${one.number} ${one.name}`.trim(),
    one.station,
    one.visits.on_time,
    one.visits.late,
    one.visits.missed,
    ...shareCells(one.visits.on_time_share),
    one.guessed ? percent(one.guessed.share) : null,
    one.hour_entropy === null ? null : Math.round(one.hour_entropy * 100) / 100,
    ...Array<null>(12).fill(null),
  ]);
  return csvText(
    heads.map((head) => t(`report.csv_${head}`)),
    [...periods, ...boxes],
  );
}

export function saveReport(report: PatrolReport, t: TFunction): void {
  const from_us = report.periods[0]?.from_us ?? 0;
  saveFile(fileName("patrol-report", taipeiDay(from_us)), reportCsv(report, t));
}
