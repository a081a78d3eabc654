// Safety checks, run cards, rosters, interval reports and the replay of an incident.

import { ask, newKey } from "./client";
import type { Grounds, Id, Micros, Unit } from "./types";
import type * as S from "./types.shifts";

const post = <R>(path: string, json: unknown = {}, idempotencyKey = newKey()) =>
  ask<R>(path, { method: "POST", json, idempotencyKey });

export const checks = {
  list: () => ask<{ items: S.Check[] }>("/v1/checks"),
  mine: () => ask<{ items: S.Check[] }>("/v1/checks/mine"),
  answer: (id: Id, body: S.AnswerCheck, key: string) => post<S.Check>(`/v1/checks/${id}/answer`, body, key),
  deal: (id: Id, reason: string) => post<S.Check>(`/v1/checks/${id}/deal`, { reason }),
  par: (incident: Id) => ask<S.ParStatus>(`/v1/incidents/${incident}/par`),
  setPar: (incident: Id, act: "on" | "off" | "now") =>
    post<S.ParStatus>(`/v1/incidents/${incident}/par`, { act }),
};

export const cards = {
  all: () => ask<S.SetCards>("/v1/dispatch/cards"),
  set: (body: S.WriteCards) => post<S.SetCards>("/v1/dispatch/cards", body),
  of: (incident: Id) => ask<S.CardStatus>(`/v1/incidents/${incident}/card`),
  raise: (incident: Id, level: number, reason: string) =>
    post<S.CardStatus>(`/v1/incidents/${incident}/level`, { level, reason }),
};

export const shifts = {
  list: (from_us: Micros, until_us: Micros) =>
    ask<{ items: S.Shift[] }>("/v1/shifts", { query: { from_us, until_us } }),
  board: () => ask<S.ShiftBoard>("/v1/shifts/board"),
  mine: () => ask<{ items: S.Shift[] }>("/v1/shifts/mine"),
  join: (id: Id) => post<Unit>(`/v1/shifts/${id}/join`),
  add: (body: S.WriteShift) => post<S.Shift>("/v1/shifts", body),
  change: (id: Id, body: S.WriteShift) => post<S.Shift>(`/v1/shifts/${id}`, body),
  remove: (id: Id) => post<S.Shift>(`/v1/shifts/${id}/remove`),
  importPath: (dry_run: boolean) => `/v1/shifts/import?dry_run=${dry_run}`,
};

export const reports = {
  intervals: (from_us: Micros, until_us: Micros, period: S.Period, division: S.Division) =>
    ask<S.IntervalReport>("/v1/dispatch/intervals", { query: { from_us, until_us, period, division } }),
  /** From then until now. */
  chain: (from_us: Micros) => ask<S.Kpis>("/v1/dispatch/kpis", { query: { from_us } }),
  replay: (incident: Id, grounds: Grounds) => ask<S.Replay>(`/v1/incidents/${incident}/replay`, { grounds }),
};
