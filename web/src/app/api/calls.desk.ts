// The dispatcher's hands: corrections, notes, and what a crew said by radio.

import { ask, newKey, pathWithQuery } from "./client";
import type { Assignment, AssignmentStep, Id, Incident, Unit, UnitState } from "./types";
import type * as D from "./types.desk";

const post = <R>(path: string, json: unknown) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

export const desk = {
  amend: (id: Id, body: D.AmendIncident) => post<Incident>(`/v1/incidents/${id}/amend`, body),
  note: (id: Id, text: string) => post<D.Notes>(`/v1/incidents/${id}/notes`, { text }),
  notes: (id: Id) => ask<D.Notes>(`/v1/incidents/${id}/notes`),
  unitState: (id: Id, state: UnitState) => post<Unit>(`/v1/units/${id}/state`, { state }),
  cameras: (id: Id, k: number) =>
    ask<{ items: D.NearCamera[] }>(`/v1/incidents/${id}/cameras`, { query: { k } }),
  codesPath: (dry_run: boolean) => pathWithQuery("/v1/dispatch/codes/import", { dry_run }),
  codes: () => ask<D.RadioCodes>("/v1/dispatch/codes"),
  step: (id: Id, step: AssignmentStep) => post<Assignment>(`/v1/assignments/${id}/step`, step),
};
