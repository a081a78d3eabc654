// Time that runs by itself, faster than it did, until its end is reached.

import { useEffect, useRef, useState } from "react";
import type { Micros } from "./api/types";

const TICK_MS = 100;

interface Span {
  from_us: Micros;
  until_us: Micros;
  at_us: Micros;
  onAt: (at_us: Micros) => void;
}

export interface Playback {
  isPlaying: boolean;
  /** At the end it begins anew. */
  toggle: () => void;
}

export function usePlayback({ from_us, until_us, at_us, onAt }: Span, speed: string): Playback {
  const [isPlaying, setPlaying] = useState(false);
  const latest = useRef({ at_us, onAt });
  latest.current = { at_us, onAt };
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => {
      const next = latest.current.at_us + Number(speed) * TICK_MS * 1000;
      latest.current.onAt(Math.min(next, until_us));
      if (next >= until_us) setPlaying(false);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [isPlaying, speed, until_us]);
  const toggle = () => {
    if (!isPlaying && at_us >= until_us) onAt(from_us);
    setPlaying(!isPlaying);
  };
  return { isPlaying, toggle };
}
