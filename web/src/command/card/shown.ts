// What stands on the screen long enough to have been read: `m` sends what the dispatcher saw, not what came in under the thumb.

export interface Shown {
  what: string;
  since_ms: number;
}

export const READ_MS = 1_000;

/** Since when the same is shown; the first of all replaced nothing. */
export function shownSince(before: Shown | null, what: string, now_ms: number): Shown {
  if (before?.what === what) return before;
  return { what, since_ms: before ? now_ms : Number.NEGATIVE_INFINITY };
}

export const isRead = (shown: Shown | null, now_ms: number): boolean =>
  shown !== null && now_ms - shown.since_ms >= READ_MS;
