// Why something was not done: the closed lists of base/wire, and how often each reason was given.

import type { Micros } from "./types";

export const OVERRIDING = [
  "list_changed",
  "crew_cannot",
  "skill_needed",
  "knows_place",
  "road_blocked",
  "reserved",
  "volunteered",
  "by_plan",
] as const;
export type Overriding = (typeof OVERRIDING)[number];

/** Nobody says these: the page knows that the unit was first when it was looked at, or that a run card or a ring chose it. */
const KNOWN: readonly Overriding[] = ["list_changed", "by_plan"];
/** Those that a person chooses from. */
export const OVERRIDING_SAID = OVERRIDING.filter((code) => !KNOWN.includes(code));

export const DECLINING = [
  "other_job",
  "vehicle",
  "equipment",
  "crew",
  "too_far",
  "unsafe",
  "shift_over",
] as const;
export type Declining = (typeof DECLINING)[number];

export const WITHOUT_UNIT = [
  "by_telephone",
  "other_agency",
  "other_incident",
  "caller_declined",
  "by_camera",
  "no_unit",
] as const;
export type WithoutUnit = (typeof WITHOUT_UNIT)[number];

export const NOT_FOLLOWED = [
  "observe_only",
  "out_of_reach",
  "other_agency",
  "already_stopped",
  "no_unit",
  "too_dangerous",
] as const;
export type NotFollowed = (typeof NOT_FOLLOWED)[number];

export const PLAN_DECLINED = [
  "weather",
  "staff",
  "operation",
  "wrong_data",
  "replaced",
  "not_worth",
] as const;
export type PlanDeclined = (typeof PLAN_DECLINED)[number];

export const LEFT_ASIDE = [
  "device_mended",
  "known_fault",
  "test",
  "unreadable",
  "duplicate",
  "harmless",
] as const;
export type LeftAside = (typeof LEFT_ASIDE)[number];

export const NOT_FOUNDED = [
  "task",
  "training",
  "wrong_data",
  "duplicate",
  "evidence",
  "records_gone",
] as const;
export type NotFounded = (typeof NOT_FOUNDED)[number];

export const ASKED = [
  "hit",
  "follow_up",
  "proposal",
  "order",
  "incident",
  "call",
  "tours",
  "stop",
  "set_aside",
  "misuse_alert",
  "misuse_file",
  "opening",
] as const;
export type Asked = (typeof ASKED)[number];

/** Nobody did anything until the time for it was over: written by the clock, never said by a person. */
export const NOT_ANSWERED = "not_answered";

export interface ReasonLine {
  month: string;
  asked: Asked;
  code: string;
  /** Empty: nobody, or somebody who serves in no office. */
  office: string;
  count: number;
}

export interface Reasons {
  from: string;
  until: string;
  lists: { asked: Asked; codes: string[] }[];
  lines: ReasonLine[];
}

export interface CaseOutcome {
  /** Empty: open. */
  month: string;
  origin: "alert" | "sample" | "hand";
  finding: "founded" | "unfounded" | "unproven" | null;
  code: string | null;
  count: number;
}

export type AreaVerdict = "more" | "less" | "even" | "unsure";

export interface AreaRatio {
  area: string;
  share: number;
  share_low: number;
  share_high: number;
  reference_share: number;
  ratio: number;
  ratio_low: number;
  ratio_high: number;
  verdict: AreaVerdict;
}

export interface AreaComparison {
  measure: "passages" | "hits" | "check_ins" | "errors";
  reference: "residents" | "reports" | "hits";
  /** Null when it is too small to be told, or would tell an area's number that is. */
  total: number | null;
  reference_total: number | null;
  lines: AreaRatio[];
  hidden: number;
}

/** What the report says nothing of, and why. */
export interface AreaLeftOut {
  counted: "reports" | "passages" | "hits" | "check_ins" | "errors";
  reason: "destroyed" | "incomplete" | "not_counted";
  /** With `destroyed`: only what is younger is all there. */
  kept_since_us: Micros | null;
}

export interface AreaReport {
  month: string;
  areas_version: number;
  told_min: number;
  left_out: AreaLeftOut[];
  comparisons: AreaComparison[];
  statement_zh: string;
  statement_en: string;
}

export interface AreasListed {
  version: number;
  items: { name: string; residents: number | null }[];
}
