// When a phone's queue is emptied: at once, when the line is back, and now and then.

import { useEffect } from "react";

const RETRY_MS = 10_000;

interface Kept {
  reread(): void;
}

export function useFlushing(queue: Kept, flush: () => Promise<void>): void {
  useEffect(() => {
    const again = () => void flush();
    const reread = () => queue.reread();
    window.addEventListener("online", again);
    // Comes from other tabs only.
    window.addEventListener("storage", reread);
    const timer = setInterval(again, RETRY_MS);
    again();
    return () => {
      window.removeEventListener("online", again);
      window.removeEventListener("storage", reread);
      clearInterval(timer);
    };
  }, [queue, flush]);
}
