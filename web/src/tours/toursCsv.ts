// A plan and a report as files.

import type { TFunction } from "i18next";
import { taipei } from "../app/age";
import type { TourPlan, TourReport } from "../app/api/types.tours";
import { csvText, fileName, saveFile } from "../investigate/csv";
import { sayPlace, sayProgress, sayWhy } from "./say";

const STOP_HEADS = ["unit", "seq", "place", "kind", "area", "lon", "lat", "arrive", "leave", "state", "why"];

export function planCsv(plan: TourPlan, t: TFunction): string {
  const rows = plan.tours.flatMap((tour) =>
    tour.stops.map((stop) => [
      tour.call_sign,
      stop.seq,
      sayPlace(stop.place, t),
      t(`tour.kind_${stop.place.kind}`),
      stop.place.area,
      stop.place.position.lon,
      stop.place.position.lat,
      taipei(stop.arrive_us),
      taipei(stop.leave_us),
      sayProgress(stop.progress, t),
      stop.why.map((why) => sayWhy(why, t)).join(t("app.clause_joiner")),
    ]),
  );
  return csvText(
    STOP_HEADS.map((head) => t(`tour.head_${head}`)),
    rows,
  );
}

export function savePlan(plan: TourPlan, t: TFunction): void {
  saveFile(fileName("tours", taipei(plan.from_us).slice(0, 16)), planCsv(plan, t));
}

const share = (part: number, whole: number) => (whole > 0 ? Math.round((part / whole) * 1000) / 10 : null);

/** Crews first, then places: one table, so that one file says all. */
export function reportCsv(report: TourReport, t: TFunction): string {
  const heads = ["what", "name", "area", "shifts", "stops", "done", "done_pct", "skipped", "planned"];
  heads.push("standing_h", "stood_h", "driving_h", "jobs", "on_jobs_h", "entropy");
  const hours = (seconds: number) => Math.round(seconds / 360) / 10;
  const units = report.units.map((unit) => [
    t("tour.head_unit"),
    unit.call_sign,
    "",
    unit.shifts,
    unit.stops,
    unit.done,
    share(unit.done, unit.stops),
    unit.skipped,
    unit.planned,
    hours(unit.standing_s),
    hours(unit.stood_s),
    hours(unit.driving_s),
    unit.jobs,
    hours(unit.on_jobs_s),
    null,
  ]);
  const places = report.places.map((place) => [
    t(`tour.kind_${place.kind}`),
    `${place.number} ${place.name}`.trim(),
    place.area,
    null,
    place.stops,
    place.done,
    share(place.done, place.stops),
    place.skipped,
    place.planned,
    null,
    null,
    null,
    null,
    null,
    place.hour_entropy === null ? null : Math.round(place.hour_entropy * 100) / 100,
  ]);
  return csvText(
    heads.map((head) => t(`tour.head_${head}`)),
    [...units, ...places],
  );
}

export function saveReport(report: TourReport, t: TFunction): void {
  saveFile(fileName("tours-report", taipei(report.from_us).slice(0, 10)), reportCsv(report, t));
}
