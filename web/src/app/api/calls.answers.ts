// How the house answers for itself, in numbers.

import { ask, newKey, pathWithQuery } from "./client";
import type { Page } from "./types";
import type * as T from "./types.reasons";

const AT = "/v1/oversight";

export const answers = {
  reasons: (from: string, until: string) => ask<T.Reasons>(`${AT}/reasons`, { query: { from, until } }),
  reasonsCsv: (from: string, until: string) => pathWithQuery(`${AT}/reasons.csv`, { from, until }),
  importAreas: (file: Blob) =>
    ask<T.AreasListed>(`${AT}/areas`, {
      method: "POST",
      raw: file,
      contentType: "application/geo+json",
      idempotencyKey: newKey(),
    }),
  areaReport: (month: string) => ask<T.AreaReport>(`${AT}/areas/report`, { query: { month } }),
  areaCsv: (month: string) => pathWithQuery(`${AT}/areas/report.csv`, { month }),
  outcomes: () => ask<Page<T.CaseOutcome>>(`${AT}/misuse/outcomes`),
};
