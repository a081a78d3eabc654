// Proposals, advice, handovers, the dispatch policy and panic.

import { ask, newKey } from "./client";
import type { Assignment, Id, Incident } from "./types";
import type * as C from "./types.choice";
import type { Overriding } from "./types.reasons";

const post = <R>(path: string, json: unknown = {}, idempotencyKey = newKey()) =>
  ask<R>(path, { method: "POST", json, idempotencyKey });

export const choice = {
  proposal: (incident: Id) => ask<C.Proposal>(`/v1/incidents/${incident}/recommendations`),
  /** Ends the unit's other job and sends it here, in one step. */
  takeAway: (incident: Id, unit: Id, take_from: Id, overriding: Overriding | null) =>
    post<Assignment>(`/v1/incidents/${incident}/assignments`, { unit, take_from, overriding }),
  handover: (incident: Id, from: Id, to: Id) =>
    post<Assignment>(`/v1/incidents/${incident}/handover`, { from, to }),
  advice: () => ask<C.AdviceBoard>("/v1/dispatch/advice"),
  policy: () => ask<C.DispatchPolicy>("/v1/dispatch/policy"),
  setPolicy: (policy: C.SetPolicy) => post<C.DispatchPolicy>("/v1/dispatch/policy", policy),
  skills: () => ask<{ items: C.UnitSkills[] }>("/v1/units/skills"),
  setSkills: (unit: Id, skills: string[]) => post<C.UnitSkills>(`/v1/units/${unit}/skills`, { skills }),
};

/** A cry for help is tried again each second; one that hangs is given up soon, and later when the line is slow. */
const PANIC_PATIENCE_MS = 4_000;
const PANIC_PATIENCE_MAX_MS = 20_000;

const urgent = (path: string, json: unknown, idempotencyKey: string, attempts: number) =>
  ask<Incident>(path, {
    method: "POST",
    json,
    idempotencyKey,
    signal: AbortSignal.timeout(Math.min(PANIC_PATIENCE_MS * (attempts + 1), PANIC_PATIENCE_MAX_MS)),
  });

export const panic = {
  list: () => ask<{ items: C.Panic[] }>("/v1/panics"),
  raise: (body: C.RaisePanic, key: string, attempts: number) =>
    urgent("/v1/units/mine/panic", body, key, attempts),
  cancel: (reason: string, key: string, attempts: number) =>
    urgent("/v1/units/mine/panic/cancel", { reason }, key, attempts),
  acknowledge: (incident: Id) => post<Incident>(`/v1/incidents/${incident}/acknowledge`),
};
