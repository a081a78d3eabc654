// Tells ears and screen readers about a new hit. Sound only where somebody has switched it on.

import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Hit, Id } from "../app/api/types";
import { setting, useSetting } from "../app/settings";

let audio: AudioContext | null = null;

/** Two short tones, quiet enough for a room with forty consoles. */
export function beep(): void {
  try {
    audio ??= new AudioContext();
    for (const [at, hz] of [
      [0, 880],
      [0.16, 660],
    ] as const) {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      tone.frequency.value = hz;
      gain.gain.setValueAtTime(0.12, audio.currentTime + at);
      gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.14);
      tone.connect(gain).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.15);
    }
  } catch {
    // A browser without sound still shows the row.
  }
}

const AGAIN_MS = 10_000;

/** Sounds for each that is new, and again and again while `isPressing`; where sound is on. */
export function useBeeps(now: Id[], isPressing: boolean): void {
  const isOn = useSetting("sound");
  const ids = now.join(" ");
  const known = useRef(new Set<Id>());
  useEffect(() => {
    const fresh = ids.split(" ").filter((id) => id && !known.current.has(id));
    for (const id of fresh) known.current.add(id);
    if (fresh.length > 0 && isOn) beep();
  }, [ids, isOn]);
  useEffect(() => {
    if (!isPressing || !isOn) return;
    const timer = setInterval(beep, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isPressing, isOn]);
}

export function Alarm({ hits }: { hits: Hit[] | undefined }) {
  const { t } = useTranslation();
  const known = useRef<Set<Id> | null>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!hits) return;
    const raised = hits.filter((hit) => hit.state === "raised");
    const fresh = known.current ? raised.filter((hit) => !known.current?.has(hit.id)) : [];
    known.current = new Set(raised.map((hit) => hit.id));
    const [first] = fresh;
    if (!first) return;
    setSaid(
      fresh.length === 1
        ? t("command.announce_one", { plate: first.plate_display, place: first.place_name })
        : t("command.announce_many", { count: fresh.length }),
    );
    if (setting("sound")) beep();
  }, [hits, t]);
  return (
    <div className="unseen" aria-live="assertive" data-testid="announcement">
      {said}
    </div>
  );
}
