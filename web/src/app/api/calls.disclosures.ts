// Asking for, releasing and fetching what is given out.

import { ask, newKey } from "./client";
import type { Id, Page } from "./types";
import type { AskDisclosure, Disclosure, DisclosurePreview, ReleaseDisclosure } from "./types.disclosures";

const AT = "/v1/oversight/disclosures";
const post = (path: string, json: unknown) =>
  ask<Disclosure>(path, { method: "POST", json, idempotencyKey: newKey() });

export const disclosures = {
  list: (cursor: string | null) => ask<Page<Disclosure>>(AT, { query: { cursor, limit: 50 } }),
  ask: (json: AskDisclosure) => post(AT, json),
  /** What would be given out now. */
  preview: (id: Id) => ask<DisclosurePreview>(`${AT}/${id}/preview`),
  release: (id: Id, seen: ReleaseDisclosure) => post(`${AT}/${id}/release`, seen),
  refuse: (id: Id, reason: string) => post(`${AT}/${id}/refuse`, { reason }),
  /** As it was released: entries and their proofs. */
  file: (id: Id) => ask<unknown>(`${AT}/${id}/file`),
};
