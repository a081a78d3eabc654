// What a warning is now, how bad, and in which words it is shown.

import type { TFunction } from "i18next";
import type { Micros } from "../app/api/types";
import { SEVERITIES, type Warning, type WarningText } from "../app/api/types.warnings";

export type ShownState = Warning["state"] | "expired" | "draft_late";

/** The list is not fetched each second: what has run out meanwhile is told by the clock. */
export function stateOf(warning: Pick<Warning, "state" | "expires_at_us">, now_ms: number): ShownState {
  const isOver = warning.expires_at_us <= now_ms * 1000;
  if (warning.state === "in_force" && isOver) return "expired";
  if (warning.state === "draft" && isOver) return "draft_late";
  return warning.state;
}

const isZh = (language: string) => /^zh\b/i.test(language);

/** The text in the reader's language; else whichever its sender put first. */
export function textIn(texts: WarningText[], language: string): WarningText | null {
  const wantsZh = language !== "en";
  const own = texts.find((text) => (wantsZh ? isZh(text.language) : /^en\b/i.test(text.language)));
  return own ?? texts[0] ?? null;
}

export function headlineOf(warning: Pick<Warning, "texts" | "identifier">, language: string): string {
  const text = textIn(warning.texts, language);
  return text?.headline || text?.event || warning.identifier;
}

export function placesOf(warning: Pick<Warning, "areas">, t: TFunction): string {
  return warning.areas.map((area) => area.description).join(t("app.list_joiner"));
}

/** The worst of its texts: one document may tell of several dangers. */
export function severityOf(warning: Pick<Warning, "texts">): string {
  const order: readonly string[] = SEVERITIES;
  const ranks = warning.texts.map((text) => order.indexOf(text.severity)).filter((rank) => rank >= 0);
  return order[Math.min(...ranks, order.length - 1)] ?? "Unknown";
}

/** Colour is for what threatens people now; exercises are as grey as what is over. */
export function toneOf(warning: Warning, now_ms: number): "alarm" | "warn" | "calm" {
  if (stateOf(warning, now_ms) !== "in_force" || warning.status !== "Actual") return "calm";
  const severity = severityOf(warning);
  if (severity === "Extreme" || severity === "Severe") return "alarm";
  return severity === "Moderate" ? "warn" : "calm";
}

export interface Groups {
  in_force: Warning[];
  waiting: Warning[];
  over: Warning[];
}

const rankOf = (warning: Warning) => (SEVERITIES as readonly string[]).indexOf(severityOf(warning));
const newestFirst = (a: Warning, b: Warning) => b.sent_at_us - a.sent_at_us;

/** In force first, the worst on top; then what waits for a second person; then what is over. */
export function groupsOf(all: Warning[], now_ms: number): Groups {
  const groups: Groups = { in_force: [], waiting: [], over: [] };
  for (const warning of all) {
    const state = stateOf(warning, now_ms);
    if (state === "in_force") groups.in_force.push(warning);
    else if (state === "draft" || state === "draft_late") groups.waiting.push(warning);
    else groups.over.push(warning);
  }
  groups.in_force.sort((a, b) => rankOf(a) - rankOf(b) || newestFirst(a, b));
  groups.waiting.sort(newestFirst);
  groups.over.sort(newestFirst);
  return groups;
}

/** What is shown below both lists: the second holds the first again, as it was when it was fetched. */
export function merged(current: Warning[], all: Warning[]): Warning[] {
  const known = new Set(current.map((one) => one.id));
  return [...current, ...all.filter((one) => !known.has(one.id))];
}

/** How long it still counts, in whole minutes; null where it does not. */
export function leftMinutes(expires_at_us: Micros, now_ms: number): number | null {
  const left = Math.floor((expires_at_us / 1000 - now_ms) / 60_000);
  return left >= 0 ? left : null;
}
