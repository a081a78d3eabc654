// The one door to the server: same origin, JSON, RFC 9457 problems.

import {
  doubtNonce,
  forgetKnownKey,
  hasKey,
  heard,
  isNonceFresh,
  NONCE_HEADER,
  PROOF_HEADER,
  prove,
} from "./proof";
import { STEP_UP, stepUp } from "./stepUp";
import type { Grounds, Problem } from "./types";

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
  }
  get key(): string {
    return this.problem.key;
  }
  get status(): number {
    return this.problem.status;
  }
}

/** No answer came: the network is away, or the server is. Nothing is known about whether the request arrived. */
export class OfflineError extends Error {
  constructor() {
    super("no answer from the server");
    this.name = "OfflineError";
  }
}

export interface Ask {
  method?: "GET" | "POST" | "DELETE";
  query?: Record<string, string | number | boolean | null | undefined>;
  json?: unknown;
  raw?: BodyInit;
  contentType?: string;
  grounds?: Grounds | null;
  /** Makes a repeat of the same act harmless. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

const CASE_FREE = new Set(["patrol", "life_threat"]);

export function groundsQuery(grounds: Grounds): Record<string, string> {
  const asked: Record<string, string> = { purpose: grounds.purpose };
  if (!CASE_FREE.has(grounds.purpose) || grounds.case_ref) asked.case = grounds.case_ref;
  return asked;
}

export function needsCase(purpose: string): boolean {
  return !CASE_FREE.has(purpose);
}

export function pathWithQuery(path: string, query: Ask["query"] = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

let onSessionLost: ((key: string) => void) | null = null;
export function whenSessionIsLost(act: (key: string) => void): void {
  onSessionLost = act;
}

export async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: "about:blank",
    title: response.statusText || String(response.status),
    status: response.status,
    key: response.status === 413 ? "http.body_too_large" : `http.status_${response.status}`,
  };
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...fallback, ...body, key: body.key ?? fallback.key };
  } catch {
    return fallback;
  }
}

/** Signed in good order, with a nonce that has run out: signed again, it works. */
const STALE = "identity.proof_stale";
/**
 * A server takes no nonce of before its start. What one server tells, another that has just started may refuse, and tells a later one:
 * each such server costs one try.
 */
const TRIES_MAX = 4;
/** The session's key may have been made by another tab since this one looked. */
const KEY_UNKNOWN = ["identity.proof_required", "identity.proof_refused"];
/** Too much spoke against the session: it was ended. */
export const BLOCKED = "identity.trust_blocked";
/** Whoever hears one of these is signed out here, whatever the cookie says. */
const SESSION_LOST = ["identity.session_required", BLOCKED, ...KEY_UNKNOWN];

/**
 * `fetch` with a proof by the session's key. It is made anew when its nonce had run out, and sent once more when the person had to verify: nothing
 * was done by the tries before.
 */
export async function fetchProved(path: string, init: RequestInit = {}): Promise<Response> {
  let hasVerified = false;
  let tries = 1;
  for (;;) {
    const proof = await prove(init.method ?? "GET", path, init.body);
    const headers = new Headers(init.headers);
    if (proof) headers.set(PROOF_HEADER, proof);
    const response = await fetch(path, { ...init, headers, credentials: "same-origin" });
    heard(response.headers.get(NONCE_HEADER), proof);
    if (response.status !== 401) return response;
    const { key } = await problemOf(response.clone());
    if (key === STEP_UP) {
      if (hasVerified || !(await stepUp())) return response;
      hasVerified = true;
      // The nonce may have run out while the person looked for the key.
      tries = 1;
      continue;
    }
    if (key === STALE) {
      if (tries === TRIES_MAX) return response;
    } else {
      if (tries > 1 || !KEY_UNKNOWN.includes(key)) return response;
      forgetKnownKey();
    }
    tries += 1;
  }
}

/** For what cannot be tried again by itself: a stream, a download, a request that tells how much has left. */
export async function freshProof(method: string, path: string, body?: BodyInit): Promise<string | null> {
  if (!isNonceFresh() && (await hasKey())) await fetchProved("/v1/identity/me");
  return prove(method, path, body);
}

/** Once more when the proof had run out on the way: nothing was done by the first try. */
export async function againWhenStale<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError && error.key === STALE)) throw error;
    doubtNonce();
    return act();
  }
}

/** The address with its proof, for what can send no header. It opens once. */
export async function provedAddress(path: string): Promise<string> {
  const proof = await freshProof("GET", path);
  return proof ? `${path}${path.includes("?") ? "&" : "?"}proof=${proof}` : path;
}

export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  let body: BodyInit | undefined = options.raw;
  if (options.json !== undefined) {
    headers["content-type"] = "application/json";
    body = JSON.stringify(options.json);
  } else if (options.contentType) {
    headers["content-type"] = options.contentType;
  }
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
  if (options.grounds) {
    headers["shouhu-purpose"] = options.grounds.purpose;
    // Header values are Latin-1; a case number may be Chinese.
    if (options.grounds.case_ref) headers["shouhu-case"] = encodeURIComponent(options.grounds.case_ref);
  }
  let response: Response;
  try {
    response = await fetchProved(pathWithQuery(path, options.query), {
      method: options.method ?? "GET",
      headers,
      body: body ?? null,
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new OfflineError();
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    // A gateway without a server behind it speaks for the network, not for Shouhu.
    if ([502, 504].includes(response.status) && problem.type === "about:blank") throw new OfflineError();
    if (response.status === 401 && SESSION_LOST.includes(problem.key)) onSessionLost?.(problem.key);
    throw new ApiError(problem);
  }
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export function newKey(): string {
  return crypto.randomUUID();
}
