// What a person sets on this device and nobody else needs to know.

import { useSyncExternalStore } from "react";

interface Settings {
  sound: boolean;
  /** Navigation speaks. */
  voice: boolean;
  language: "zh-TW" | "en";
}

const KEY = "shouhu.settings";
const DEFAULTS: Settings = { sound: false, voice: false, language: "zh-TW" };

function read(): Settings {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Settings>) };
  } catch {
    return DEFAULTS;
  }
}

let current = typeof localStorage === "undefined" ? DEFAULTS : read();
const listeners = new Set<() => void>();

export function setting<K extends keyof Settings>(name: K): Settings[K] {
  return current[name];
}

export function changeSetting<K extends keyof Settings>(name: K, value: Settings[K]): void {
  current = { ...current, [name]: value };
  localStorage.setItem(KEY, JSON.stringify(current));
  for (const tell of listeners) tell();
}

export function useSetting<K extends keyof Settings>(name: K): Settings[K] {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => current[name],
  );
}
