// Webhooks out of the house, and neighbouring centres' keys into it.

import { ask, newKey } from "./client";
import type { Id, Page } from "./types";
import type * as E from "./types.exchange";

const post = <R>(path: string, json: unknown = {}) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

export const webhooks = {
  list: async () => (await ask<Page<E.Subscription>>("/v1/webhooks")).items,
  /** Without an idempotency key: the server keeps no answer that carries a secret. */
  subscribe: (json: E.Subscribe) => ask<E.Subscribed>("/v1/webhooks", { method: "POST", json }),
  end: (id: Id) => post<E.Subscription>(`/v1/webhooks/${id}/end`),
};

export const partners = {
  list: async () => (await ask<{ items: E.Partner[] }>("/v1/dispatch/partners")).items,
  /** Again for the same device: changes it, and begins it again where it had ended. */
  define: (json: E.DefinePartner) => post<E.Partner>("/v1/dispatch/partners", json),
  end: (device: Id) => post<E.Partner>(`/v1/dispatch/partners/${device}/end`),
};
