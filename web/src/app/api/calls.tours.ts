// Planned tours: proposals, what a person decides of them, and what crews say.

import { ask, newKey } from "./client";
import type { Id, Micros, Page } from "./types";
import type { PlanDeclined } from "./types.reasons";
import type * as T from "./types.tours";

const TOURS = "/v1/patrol/tours";
const post = <R>(path: string, json: unknown = {}, idempotencyKey = newKey()) =>
  ask<R>(path, { method: "POST", json, idempotencyKey });

/** In a valley a request can hang for minutes; the phone's queue would rather try again, under the same key. */
const SEND_MAX_MS = 30_000;

export const tours = {
  list: (station: string, state: string, cursor: string | null) =>
    ask<Page<T.TourPlanLine>>(TOURS, { query: { station, state, cursor, limit: 50 } }),
  get: (id: Id) => ask<T.TourPlan>(`${TOURS}/${id}`),
  plan: (json: T.AskTours) => post<T.TourPlan>(TOURS, json),
  publish: (id: Id) => post<T.TourPlan>(`${TOURS}/${id}/publish`),
  discard: (id: Id, code: PlanDeclined, reason: string) =>
    post<T.TourPlan>(`${TOURS}/${id}/discard`, { code, reason }),
  report: (station: string, from_us: Micros, to_us: Micros) =>
    ask<T.TourReport>(`${TOURS}/report`, { query: { station, from_us, to_us } }),
  mine: (signal?: AbortSignal) => ask<T.MyTour>(`${TOURS}/mine`, signal ? { signal } : {}),
  mark: (json: T.MarkStop, idempotencyKey: string) =>
    ask<T.MyTour>(`${TOURS}/mine/marks`, {
      method: "POST",
      json,
      idempotencyKey,
      signal: AbortSignal.timeout(SEND_MAX_MS),
    }),
};
