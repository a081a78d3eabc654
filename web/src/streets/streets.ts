// Streets in words and as a file.

import type { TFunction } from "i18next";
import { taipei } from "../app/age";
import type { Micros } from "../app/api/types";
import type { StreetCoverage, StreetLine, StreetMetres } from "../app/api/types.streets";
import { bearing_deg, sayWind } from "../app/say";
import { csvText, fileName, saveFile } from "../investigate/csv";

export const METRES = ["covered_m", "stale_m", "open_m"] as const;

/** Of all metres; null where there are none. */
export function shareCovered(metres: StreetMetres): number | null {
  return metres.length_m > 0 ? metres.covered_m / metres.length_m : null;
}

export function sayKm(metres: number): string {
  return (metres / 1000).toFixed(metres < 9_950 ? 1 : 0);
}

/** The hour, because nothing finer is known. */
export function sayHour(at_us: Micros | null): string {
  return at_us === null ? "—" : taipei(at_us).slice(5, 16);
}

/** "Eastwards 3, westwards 1": which way a line goes is where it ends. */
export function sayPassages(line: StreetLine, t: TFunction): string | null {
  const [first, last] = [line.line[0], line.line[line.line.length - 1]];
  if (line.forward === null || line.backward === null || !first || !last) return null;
  const ahead = bearing_deg({ lon: first[0], lat: first[1] }, { lon: last[0], lat: last[1] });
  const way = (degrees: number, count: number) =>
    t("street.passages", { wind: t(`wind.${sayWind(degrees % 360)}`), count });
  return line.is_one_way && line.backward === 0
    ? way(ahead, line.forward)
    : [way(ahead, line.forward), way(ahead + 180, line.backward)].join(t("app.list_joiner"));
}

/** Beats first, then streets: one table, so that one file says all. */
export function coverageCsv(cover: StreetCoverage, t: TFunction): string {
  const heads = [
    "what",
    "station",
    "beat",
    "street",
    "km",
    "covered_km",
    "stale_km",
    "open_km",
    "share",
    "last",
  ];
  const km = (metres: number) => Math.round(metres) / 1000;
  const numbers = (row: StreetMetres) => {
    const share = shareCovered(row);
    const metres = [row.length_m, ...METRES.map((name) => row[name])].map(km);
    return [...metres, share === null ? null : Math.round(share * 1000) / 10];
  };
  const areas = cover.areas.map((row) => [t("street.area"), row.station, row.beat, "", ...numbers(row), ""]);
  const streets = cover.streets.map((row) => [
    t("street.street"),
    row.station,
    row.beat,
    row.name,
    ...numbers(row),
    row.last_us === null ? "" : taipei(row.last_us),
  ]);
  return csvText(
    heads.map((head) => t(`street.csv_${head}`)),
    [...areas, ...streets],
  );
}

export function saveCoverage(cover: StreetCoverage, t: TFunction): void {
  saveFile(fileName("streets", taipei(cover.from_us).slice(0, 13)), coverageCsv(cover, t));
}
