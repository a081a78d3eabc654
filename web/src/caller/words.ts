// The page's own words: no library for one page that must open on a bad line.

import { callerPage as en } from "../i18n/en/callerPage";
import { callerPage as zh } from "../i18n/zh/callerPage";

export type Language = "zh-TW" | "en";
export type Word = keyof typeof zh;
export type Say = (word: Word, values?: Record<string, string | number>) => string;

export function sayIn(language: Language): Say {
  const words = language === "en" ? en : zh;
  return (word, values = {}) =>
    words[word].replace(/{{(\w+)}}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** Sentences that one press sends. The centre reads what the caller saw. */
export const QUICK: Word[] = [
  "quick_mute",
  "quick_no_call",
  "quick_near",
  "quick_armed",
  "quick_hidden",
  "quick_hurt",
  "quick_trapped",
  "quick_safe",
];
