// Warnings: listed, drafted, issued by a second person, and taken in from others.

import { ApiError, ask, newKey, OfflineError, problemOf } from "./client";
import type { Id, Page } from "./types";
import type * as W from "./types.warnings";

const WARNINGS = "/v1/warnings";
const post = <R>(path: string, json: unknown = {}) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

/** Drafts and warnings in force: a city has a handful, a typhoon some dozens. */
const CURRENT_MAX = 200;

export const warnings = {
  current: async () => (await ask<Page<W.Warning>>(WARNINGS, { query: { limit: CURRENT_MAX } })).items,
  all: (cursor: string | null) => ask<Page<W.Warning>>(WARNINGS, { query: { all: true, limit: 50, cursor } }),
  get: (id: Id) => ask<W.WarningInForce>(`${WARNINGS}/${id}`),
  draft: (json: W.DraftWarning) => post<W.Warning>(`${WARNINGS}/drafts`, json),
  issue: (id: Id) => post<W.Warning>(`${WARNINGS}/${id}/issue`),
  discard: (id: Id) => post<W.Warning>(`${WARNINGS}/${id}/discard`),
  /** Another's CAP document, taken in by hand; the same one again changes nothing. */
  take: (file: Blob) =>
    ask<W.WarningReceipt>(WARNINGS, { method: "POST", raw: file, contentType: "application/cap+xml" }),
  /** For anybody, once it is issued. */
  documentPath: (id: Id) => `${WARNINGS}/${id}/cap.xml`,
  /** The document itself: XML, not JSON. */
  document: async (id: Id): Promise<string> => {
    const response = await fetch(`${WARNINGS}/${id}/cap.xml`).catch(() => null);
    if (!response) throw new OfflineError();
    if (!response.ok) throw new ApiError(await problemOf(response));
    return response.text();
  },
};
