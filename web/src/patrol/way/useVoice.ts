// Says what comes, when a person has switched it on. A phone in a pocket starts to speak for nobody.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { sayDistance } from "../../app/say";
import { announcement, type Followed, type ReadyRoute } from "./follower";

export const canSpeak = (): boolean => typeof window !== "undefined" && "speechSynthesis" in window;

export function useVoice(isOn: boolean, chosen: ReadyRoute | null, followed: Followed | null): void {
  const { t, i18n } = useTranslation();
  const said = useRef<{ route: ReadyRoute | null; names: Set<string> }>({ route: null, names: new Set() });
  if (said.current.route !== chosen) said.current = { route: chosen, names: new Set() };
  const next = followed?.next ?? null;
  useEffect(() => {
    if (!isOn || !canSpeak()) return;
    const name = announcement(said.current.names, next);
    if (!name || !next) return;
    said.current.names.add(name);
    const instruction = next.step.maneuver.instruction;
    const text =
      next.in_m < 40 ? instruction : t("way.said_in", { distance: sayDistance(next.in_m, t), instruction });
    const words = new SpeechSynthesisUtterance(text);
    words.lang = i18n.language;
    // What was to be said about the last manoeuvre is late now.
    window.speechSynthesis.cancel();
    window.speechSynthesis.speak(words);
  }, [isOn, next, t, i18n.language]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was being said of one way misleads on another
  useEffect(() => () => (canSpeak() ? window.speechSynthesis.cancel() : undefined), [chosen]);
}
