// Who calls: the link, where they are, and what is written both ways.

import { ApiError, ask, OfflineError, problemOf } from "./client";
import type { Id } from "./types";
import type * as C from "./types.caller";

const at = (call: Id) => `/v1/calls/${call}/caller`;

/**
 * As a dispatcher asks. Without idempotency keys: the server would keep answers, and with them what a caller wrote; each of these done
 * twice is once.
 */
export const callers = {
  of: (call: Id) => ask<C.CallerView>(at(call)),
  ofIncident: async (incident: Id) =>
    (await ask<{ items: C.CallerView[] }>(`/v1/incidents/${incident}/callers`)).items,
  live: async () => (await ask<{ items: C.LiveCaller[] }>("/v1/callers")).items,
  makeLink: (call: Id) => ask<C.MadeLink>(`${at(call)}/link`, { method: "POST" }),
  extend: (call: Id) => ask<C.CallerView>(`${at(call)}/extend`, { method: "POST" }),
  revoke: (call: Id) => ask<C.CallerView>(`${at(call)}/revoke`, { method: "POST" }),
  answer: (call: Id, key: string, text: string) =>
    ask<C.CallerView>(`${at(call)}/answer`, { method: "POST", json: { key, text } }),
  read: (call: Id, through: number) =>
    ask<C.CallerView>(`${at(call)}/read`, { method: "POST", json: { through } }),
};

/** On a bad line a request may hang for minutes; the page has to say so, and try again. */
const PATIENCE_MS = 8_000;

/** As whoever holds the token, and not as whoever may be signed in on this machine: no cookie goes with it. */
async function asHolder<R>(token: string, path: string, json: unknown): Promise<R> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify(json),
      credentials: "omit",
      // Phones from before 2022 have no such signal, and wait as long as their network does.
      signal: "timeout" in AbortSignal ? AbortSignal.timeout(PATIENCE_MS) : null,
    });
  } catch {
    throw new OfflineError();
  }
  if (!response.ok) throw new ApiError(await problemOf(response));
  try {
    return (await response.json()) as R;
  } catch {
    // It ended on the way.
    throw new OfflineError();
  }
}

/** As the caller's own page asks: by its token, which is in no address. */
export function callerPage(token: string) {
  const post = <R>(what: string, json: unknown = {}) => asHolder<R>(token, `/v1/caller/${what}`, json);
  return {
    look: (look: C.Look) => post<C.CallerPage>("look", look),
    agree: () => post<C.CallerPage>("agree"),
    share: (is_on: boolean) => post<C.CallerPage>("share", { is_on }),
    place: (place: C.TellPlace) => post<{ is_kept: boolean }>("place", place),
    write: (key: string, text: string, after: number) => post<C.CallerPage>("words", { key, text, after }),
  };
}
export type CallerPageApi = ReturnType<typeof callerPage>;
