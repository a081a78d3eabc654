// The last act that can be taken back, for as long as its notice stands: the page shows one at a time.

import { useSyncExternalStore } from "react";

export interface Undoable {
  /** What was done, in words. */
  said: string;
  /** `null`: done, and there is no way back. */
  undo: (() => Promise<unknown>) | null;
  isFailure?: boolean;
}

/** Long enough to read and press a key, short enough that the key means what is on the screen. */
const STANDS_MS = 12_000;

let current: Undoable | null = null;
let timer: ReturnType<typeof setTimeout> | null = null;
const listeners = new Set<() => void>();

function set(next: Undoable | null): void {
  if (timer) clearTimeout(timer);
  timer = next ? setTimeout(() => set(null), STANDS_MS) : null;
  current = next;
  for (const listener of listeners) listener();
}

export function tellDone(done: Undoable): void {
  set(done);
}

/** Taken at most once, however often the key is pressed. */
export function takeUndo(): Undoable | null {
  const taken = current?.undo ? current : null;
  if (taken) set(null);
  return taken;
}

export const dropNotice = () => set(null);

export function useNotice(): Undoable | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
