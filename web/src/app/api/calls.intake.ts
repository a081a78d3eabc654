// Calls as the exchange puts them through, and incidents that are reports of one another.

import { ask, newKey } from "./client";
import type { Id, Incident } from "./types";
import type { AskDuplicates, Duplicate, JoinReport } from "./types.intake";

const post = <R>(path: string, json: unknown = {}) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

export const intake = {
  /** A question that changes nothing; it carries a caller's words, so it is no query string. */
  duplicates: (asked: AskDuplicates, signal?: AbortSignal) =>
    ask<{ items: Duplicate[] }>("/v1/incidents/duplicates", {
      method: "POST",
      json: asked,
      ...(signal ? { signal } : {}),
    }),
  duplicatesOf: (id: Id) => ask<{ items: Duplicate[] }>(`/v1/incidents/${id}/duplicates`),
  join: (id: Id, report: JoinReport) => post<Incident>(`/v1/incidents/${id}/reports`, report),
  merge: (id: Id, into: Id) => post<Incident>(`/v1/incidents/${id}/merge`, { into }),
  unmerge: (id: Id) => post<Incident>(`/v1/incidents/${id}/unmerge`),
};
