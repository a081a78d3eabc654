// Sealed cases.

import { ask, newKey } from "./client";
import type { Id, Micros, Page } from "./types";
import type { AskSeal, Seal, SealCandidate } from "./types.seals";

const AT = "/v1/oversight/seals";
const post = (path: string, json: unknown) =>
  ask<Seal>(path, { method: "POST", json, idempotencyKey: newKey() });

export const seals = {
  list: () => ask<Page<Seal>>(AT),
  people: () => ask<Page<SealCandidate>>(`${AT}/people`),
  ask: (asked: AskSeal) => post(AT, asked),
  decide: (id: Id, is_sealed: boolean, note: string) => post(`${AT}/${id}/decide`, { is_sealed, note }),
  extend: (id: Id, until_us: Micros) => post(`${AT}/${id}/extend`, { until_us }),
  lift: (id: Id, reason: string) => post(`${AT}/${id}/lift`, { reason }),
};
