// Numbers as people say them.

import type { TFunction } from "i18next";

/** `甲、乙和丙`; `a, b, and c`. */
export function sayList(items: readonly string[], language: string): string {
  return new Intl.ListFormat(language, { type: "conjunction" }).format(items);
}

export function sayDistance(metres: number, t: TFunction): string {
  if (metres < 1000) return t("say.metres", { count: Math.round(metres / 10) * 10 });
  return t("say.kilometres", { value: (metres / 1000).toFixed(metres < 10_000 ? 1 : 0) });
}

export function sayDuration(seconds: number, t: TFunction): string {
  if (seconds < 60) return t("say.seconds", { count: Math.round(seconds) });
  if (seconds < 5400) return t("say.minutes", { count: Math.round(seconds / 60) });
  return t("say.hours", { value: (seconds / 3600).toFixed(1) });
}

/** To the second where a person compares two: `1 分 15 秒`. */
export function saySeconds(seconds: number, t: TFunction): string {
  const whole = Math.round(seconds);
  if (whole < 100) return t("say.seconds", { count: whole });
  if (whole >= 5400 || whole % 60 === 0) return sayDuration(seconds, t);
  return t("say.minutes_seconds", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
}

// As the server has it (`SURE_FROM` of base/plate): a reading less sure than this raises no hit alone.
const SURE_FROM = 0.9;

export function isUnsure(confidence: number): boolean {
  return !(confidence >= SURE_FROM);
}

/** Never rounds up to a certainty that nobody has. */
export function sayProbability(p: number): string {
  if (p >= 0.995 && p < 1) return "99%";
  if (p > 0 && p < 0.01) return "<1%";
  return `${Math.round(p * 100)}%`;
}

export function distance_m(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(h));
}

export function bearing_deg(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const rad = Math.PI / 180;
  const y = Math.sin((b.lon - a.lon) * rad) * Math.cos(b.lat * rad);
  const x =
    Math.cos(a.lat * rad) * Math.sin(b.lat * rad) -
    Math.sin(a.lat * rad) * Math.cos(b.lat * rad) * Math.cos((b.lon - a.lon) * rad);
  return (Math.atan2(y, x) / rad + 360) % 360;
}

const WINDS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"];

/** The name of a direction, as the texts under `wind` have it. */
export function sayWind(degrees: number): string {
  return WINDS[Math.round(degrees / 45) % WINDS.length] ?? "n";
}
