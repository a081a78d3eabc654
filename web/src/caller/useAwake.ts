// A phone whose screen is locked tells no place any more: while one is shared, the screen stays on where the browser lets it.

import { useEffect } from "react";

export function useAwake(isOn: boolean): void {
  useEffect(() => {
    if (!isOn || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let isGone = false;
    const hold = async () => {
      if (document.visibilityState !== "visible") return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (isGone) void lock.release();
      } catch {
        // The battery is low, or the system forbids it: the page says that it must stay open.
      }
    };
    // The browser lets go of it whenever the page is out of sight.
    const back = () => void hold();
    document.addEventListener("visibilitychange", back);
    void hold();
    return () => {
      isGone = true;
      document.removeEventListener("visibilitychange", back);
      void lock?.release();
    };
  }, [isOn]);
}
