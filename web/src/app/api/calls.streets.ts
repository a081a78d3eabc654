// Which streets patrols drove, and the chief's report.

import { ask } from "./client";
import type { PatrolReport, ReportBy } from "./types.report";
import type * as S from "./types.streets";

export type View = [west: number, south: number, east: number, north: number];

export const streets = {
  coverage: (window: S.StreetWindow, station: string, beat: string, signal?: AbortSignal) =>
    ask<S.StreetCoverage>("/v1/patrol/streets", {
      query: { window, station, beat },
      ...(signal ? { signal } : {}),
    }),
  lines: (window: S.StreetWindow, [west, south, east, north]: View, signal?: AbortSignal) =>
    ask<S.StreetLines>("/v1/patrol/streets/lines", {
      query: { window, west, south, east, north },
      ...(signal ? { signal } : {}),
    }),
  report: (by: ReportBy, count: number, station: string, signal?: AbortSignal) =>
    ask<PatrolReport>("/v1/patrol/report", {
      query: { by, count, station },
      ...(signal ? { signal } : {}),
    }),
};
