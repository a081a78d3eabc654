import { ApiError } from "./api/client";

const FIRST_MS = 1_000;
const LAST_MS = 30_000;

/** A refusal stays a refusal; only a missing answer is worth asking again. */
export const isAskedAgain = (count: number, error: Error) =>
  !(error instanceof ApiError && error.status < 500) && count < 2;

/** When to ask again: no sooner than the server said, which keeps whoever comes too soon waiting. */
export function againAfterMs(count: number, error: Error): number {
  const said_ms = error instanceof ApiError ? (error.problem.retry_after_s ?? 0) * 1_000 : 0;
  return Math.max(said_ms, Math.min(FIRST_MS * 2 ** count, LAST_MS));
}
