// Calls as the exchange puts them through, and incidents that are reports of one another.

import { ask, newKey, pathWithQuery } from "./client";
import type { Id, Incident } from "./types";
import type * as I from "./types.intake";

const post = <R>(path: string, json: unknown = {}) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

export const intake = {
  /** A question that changes nothing; it carries a caller's words, so it is no query string. */
  duplicates: (asked: I.AskDuplicates, signal?: AbortSignal) =>
    ask<{ items: I.Duplicate[] }>("/v1/incidents/duplicates", {
      method: "POST",
      json: asked,
      ...(signal ? { signal } : {}),
    }),
  duplicatesOf: (id: Id) => ask<{ items: I.Duplicate[] }>(`/v1/incidents/${id}/duplicates`),
  join: (id: Id, report: I.JoinReport) => post<Incident>(`/v1/incidents/${id}/reports`, report),
  merge: (id: Id, into: Id) => post<Incident>(`/v1/incidents/${id}/merge`, { into }),
  calls: () => ask<I.WaitingCalls>("/v1/calls"),
  /** Without an idempotency key, for the server would keep the answer, and the caller's number with it; doing it twice is once. */
  take: (id: Id, from: Id | null) => ask<I.Call>(`/v1/calls/${id}/take`, { method: "POST", json: { from } }),
  settle: (id: Id, as: I.SettledAs, incident: Id | null) =>
    ask<I.Call>(`/v1/calls/${id}/settle`, { method: "POST", json: { as, incident } }),
  /** A search about a person: its purpose is the call itself. */
  history: (call: I.Call) =>
    ask<I.CallerHistory>(`/v1/calls/${call.id}/history`, {
      grounds: { purpose: "dispatch", case_ref: call.number },
    }),
  kindsPath: (dry_run: boolean) => pathWithQuery("/v1/incident-kinds/import", { dry_run }),
  unmerge: (id: Id) => post<Incident>(`/v1/incidents/${id}/unmerge`),
};

export const callSources = {
  list: async () => (await ask<{ items: I.CallSource[] }>("/v1/call-sources")).items,
  /** Again for the same device: changes it, and begins it again where it had ended. */
  define: (json: { device: Id; title: string }) => post<I.CallSource>("/v1/call-sources", json),
  end: (device: Id) => post<I.CallSource>(`/v1/call-sources/${device}/end`),
};
