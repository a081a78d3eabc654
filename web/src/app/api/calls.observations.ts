// Consents, openings and the bound.

import { ask, newKey } from "./client";
import type { Id, Page } from "./types";
import type * as T from "./types.observations";

const AT = "/v1/oversight/observations";
const OPENINGS = "/v1/oversight/openings";
const post = <R>(path: string, json: unknown = {}) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

export const observations = {
  list: (which: T.Which, cursor: string | null) =>
    ask<Page<T.Observation>>(AT, { query: { which, cursor, limit: 50 } }),
  get: (id: Id) => ask<T.ObservationShown>(`${AT}/${id}`),
  ask: (json: T.AskObservation) => post<T.Observation>(AT, json),
  decide: (id: Id, is_given: boolean, note: string) =>
    post<T.Observation>(`${AT}/${id}/decide`, { is_given, note }),
  extend: (id: Id, days: number, reason: string) =>
    post<T.Observation>(`${AT}/${id}/extend`, { days, reason }),
  withdraw: (id: Id, note: string) => post<T.Observation>(`${AT}/${id}/withdraw`, { note }),
  openings: (is_to_review: boolean, cursor: string | null) =>
    ask<Page<T.PlateOpening>>(OPENINGS, { query: { is_to_review, cursor, limit: 50 } }),
  opening: (id: Id) => ask<T.OpeningShown>(`${OPENINGS}/${id}`),
  open: (plate: string, incident: string) => post<T.PlateOpening>(OPENINGS, { plate, incident }),
  review: (id: Id, finding: T.Finding, note: string) =>
    post<T.PlateOpening>(`${OPENINGS}/${id}/review`, { finding, note }),
  bound: () => ask<T.MovementBound>("/v1/oversight/bound"),
  setBound: (json: T.BoundSettings) => post<T.MovementBound>("/v1/oversight/bound", json),
};
