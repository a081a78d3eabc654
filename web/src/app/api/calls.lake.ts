// Every question to the sighting lake. All of them need grounds and leave an entry on the audit log.

import { ask, groundsQuery, newKey, pathWithQuery } from "./client";
import type * as T from "./types";
import type * as L from "./types.lake";

const at = (path: string) => `/v1/sightings${path}`;

function question<R>(path: string, json: unknown, grounds: T.Grounds, signal?: AbortSignal): Promise<R> {
  return ask<R>(at(path), { method: "POST", json, grounds, ...(signal ? { signal } : {}) });
}

type Query = Record<string, string | number | null | undefined>;

function reading<R>(path: string, query: Query, grounds: T.Grounds, signal?: AbortSignal): Promise<R> {
  return ask<R>(at(path), { query, grounds, ...(signal ? { signal } : {}) });
}

export interface HistoryQuery extends Partial<L.TimeSpan>, Partial<L.Look> {
  plate: string;
  cursor: string | null;
  limit: number;
}

interface Paged {
  cursor: string | null;
  limit: number;
}

export const lake = {
  history: (query: HistoryQuery, grounds: T.Grounds, signal?: AbortSignal) =>
    reading<T.Page<T.Sighting> & { partial?: L.PartialNote[] }>("", { ...query }, grounds, signal),
  one: (id: T.Id, grounds: T.Grounds, signal?: AbortSignal) =>
    reading<T.Sighting>(`/${id}`, {}, grounds, signal),
  plates: (
    query: Partial<L.TimeSpan> & { plate: string; likeness: L.PlateLikeness; limit: number },
    grounds: T.Grounds,
    signal?: AbortSignal,
  ) => reading<L.Found<L.KnownPlate>>("/plates", { ...query }, grounds, signal),
  cameras: (
    body: L.TimeSpan & Partial<L.Look> & { cameras: T.Id[] } & Paged,
    grounds: T.Grounds,
    signal?: AbortSignal,
  ) => question<L.Found<L.Passing>>("/cameras", body, grounds, signal),
  cameraPlates: (body: L.TimeSpan & { cameras: T.Id[] } & Paged, grounds: T.Grounds, signal?: AbortSignal) =>
    question<L.Found<L.KnownPlate>>("/cameras/plates", body, grounds, signal),
  area: (
    body: L.TimeSpan & Partial<L.Look> & { area: L.AskedArea } & Paged,
    grounds: T.Grounds,
    signal?: AbortSignal,
  ) => question<L.Found<L.Passing>>("/area", body, grounds, signal),
  areaPlates: (body: L.TimeSpan & { area: L.AskedArea } & Paged, grounds: T.Grounds, signal?: AbortSignal) =>
    question<L.Found<L.KnownPlate>>("/area/plates", body, grounds, signal),
  trajectory: (query: L.TimeSpan & { plate: string }, grounds: T.Grounds, signal?: AbortSignal) =>
    reading<L.Found<L.Leg>>("/trajectory", { ...query }, grounds, signal),
  convoys: (
    body: L.TimeSpan & { plate: string; within_s: number; cameras_min: number; limit: number },
    grounds: T.Grounds,
    signal?: AbortSignal,
  ) => question<L.Found<L.Companion>>("/convoys", body, grounds, signal),
  meetings: (
    body: L.TimeSpan & { plates: string[]; within_s: number; within_m: number; limit: number },
    grounds: T.Grounds,
    signal?: AbortSignal,
  ) => question<L.Found<L.Meeting>>("/meetings", body, grounds, signal),
  passed: (
    body: L.TimeSpan & { first: T.Id[]; then: T.Id[]; within_s: number; limit: number },
    grounds: T.Grounds,
    signal?: AbortSignal,
  ) => question<L.Found<L.PassedBoth>>("/passed", body, grounds, signal),
  zones: (body: L.AskZones, grounds: T.Grounds, signal?: AbortSignal) =>
    question<L.Found<L.TheftZone>>("/zones", body, grounds, signal),
  seen: (plate: string, grounds: T.Grounds, signal?: AbortSignal) =>
    reading<L.FirstAndLast>("/seen", { plate }, grounds, signal),
  counts: (
    query: L.TimeSpan & { by: L.CountBy; camera?: T.Id; bbox?: string; resolution?: number },
    grounds: T.Grounds,
    signal?: AbortSignal,
  ) => reading<L.Counts>("/counts", { ...query }, grounds, signal),
};

export const exports_ = {
  start: (body: L.TimeSpan & { question: L.ExportQuestion; format: L.ExportFormat }, grounds: T.Grounds) =>
    ask<L.Export>(at("/exports"), { method: "POST", json: body, grounds, idempotencyKey: newKey() }),
  get: (id: T.Id) => ask<L.Export>(at(`/exports/${id}`)),
  cancel: (id: T.Id) => ask<L.Export>(at(`/exports/${id}/cancel`), { method: "POST", json: {} }),
  file: (id: T.Id, grounds: T.Grounds) => pathWithQuery(at(`/exports/${id}/file`), groundsQuery(grounds)),
};

export const custody = {
  holds: (cursor: string | null) => ask<T.Page<L.Hold>>(at("/holds"), { query: { cursor } }),
  hold: (body: { sighting: T.Id; note: string; case_ref?: string; until_us?: T.Micros }) =>
    ask<L.Hold>(at("/holds"), { method: "POST", json: body, idempotencyKey: newKey() }),
  lift: (id: T.Id, note: string) =>
    ask<L.Hold>(at(`/holds/${id}/lift`), { method: "POST", json: { note }, idempotencyKey: newKey() }),
  erase: (body: { plate: string; reason: string; case_ref?: string }) =>
    ask<L.Erasure>(at("/erasures"), { method: "POST", json: body, idempotencyKey: newKey() }),
  retention: () => ask<L.Retention>(at("/retention")),
};
