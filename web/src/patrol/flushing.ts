// When a phone's queue is emptied: at once, when the line is back, and now and then.

import { useEffect } from "react";

const RETRY_MS = 10_000;

export function useFlushing(flush: () => Promise<void>): void {
  useEffect(() => {
    const again = () => void flush();
    window.addEventListener("online", again);
    const timer = setInterval(again, RETRY_MS);
    again();
    return () => {
      window.removeEventListener("online", again);
      clearInterval(timer);
    };
  }, [flush]);
}
