import { ask, newKey } from "./client";
import type { Id, Page } from "./types";
import type { Breach, WriteBreach, WriteBreachStep } from "./types.breaches";

const AT = "/v1/oversight/breaches";
const post = (path: string, json: unknown) =>
  ask<Breach>(path, { method: "POST", json, idempotencyKey: newKey() });

export const breaches = {
  list: (cursor: string | null) => ask<Page<Breach>>(AT, { query: { cursor } }),
  write: (body: WriteBreach) => post(AT, body),
  step: (id: Id, body: WriteBreachStep) => post(`${AT}/${id}/steps`, body),
};
