// A screen that looks switched off, while the phone goes on telling where it is.

import { useEffect, useRef } from "react";
import type { Say } from "./words";

const TWICE_MS = 600;

export function Blank({ onBack, say }: { onBack: () => void; say: Say }) {
  const last = useRef(Number.NEGATIVE_INFINITY);
  const cover = useRef<HTMLButtonElement>(null);
  useEffect(() => cover.current?.focus(), []);
  return (
    <button
      ref={cover}
      type="button"
      className="caller-blank"
      aria-label={say("blank_hint")}
      onClick={(event) => {
        const isTwice = event.timeStamp - last.current < TWICE_MS;
        last.current = event.timeStamp;
        if (isTwice) onBack();
      }}
      data-testid="blank"
    />
  );
}
