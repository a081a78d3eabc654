// The sound of a cry for help: made here, no file to fetch, until somebody answers.

import { useEffect, useState } from "react";

/** Up and down, twice a second: unlike the short tones of a hit. */
const TONES_HZ = [960, 720] as const;
const TONE_S = 0.25;
const EACH_MS = 1_000;

class Siren {
  private audio: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;
  /** Alarms that want it: whoever ends one must not silence another. */
  private wanted = 0;

  /** False while the browser wants a gesture before it lets a page sound. */
  get isHeard(): boolean {
    return this.audio?.state === "running";
  }

  start(): void {
    this.wanted += 1;
    if (this.timer) return;
    try {
      this.audio ??= new AudioContext();
    } catch {
      // A browser without sound still shows the bar.
      return;
    }
    this.timer = setInterval(() => this.cry(), EACH_MS);
    this.wake();
  }

  stop(): void {
    this.wanted = Math.max(0, this.wanted - 1);
    if (this.wanted > 0) return;
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  wake(): void {
    const { audio } = this;
    if (!audio) return;
    if (audio.state === "running") this.cry();
    else void audio.resume().then(() => this.timer && this.cry());
  }

  private cry(): void {
    const { audio } = this;
    if (audio?.state !== "running") return;
    TONES_HZ.forEach((hz, at) => {
      const from = audio.currentTime + at * TONE_S;
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      tone.type = "square";
      tone.frequency.value = hz;
      gain.gain.setValueAtTime(0.16, from);
      gain.gain.setValueAtTime(0.16, from + TONE_S - 0.03);
      gain.gain.linearRampToValueAtTime(0.0001, from + TONE_S);
      tone.connect(gain).connect(audio.destination);
      tone.start(from);
      tone.stop(from + TONE_S);
    });
  }
}

const siren = new Siren();

export type SirenState = "off" | "sounding" | "blocked";

/** Life safety: it sounds whatever this person has set for other alerts. */
export function useSiren(isOn: boolean): SirenState {
  const [state, setState] = useState<SirenState>("off");
  useEffect(() => {
    if (!isOn) {
      setState("off");
      return;
    }
    const look = () => setState(siren.isHeard ? "sounding" : "blocked");
    let soon: ReturnType<typeof setTimeout> | undefined;
    const wake = () => {
      siren.wake();
      clearTimeout(soon);
      soon = setTimeout(look, 50);
    };
    siren.start();
    look();
    const timer = setInterval(look, EACH_MS);
    window.addEventListener("pointerdown", wake);
    window.addEventListener("keydown", wake);
    return () => {
      siren.stop();
      clearInterval(timer);
      // The click that ends the alarm is also one that wakes it: what it was to look at is over.
      clearTimeout(soon);
      window.removeEventListener("pointerdown", wake);
      window.removeEventListener("keydown", wake);
    };
  }, [isOn]);
  return state;
}
