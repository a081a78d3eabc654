// A warning while it is written: what is there, what is still missing, and the body that is sent.

import { microsFromTaipei, taipeiField } from "../app/age";
import type { Id, Micros, Wgs84 } from "../app/api/types";
import type {
  DraftKind,
  DraftText,
  DraftWarning,
  Warning,
  WarningArea,
  WarningText,
} from "../app/api/types.warnings";
import { type Area, isWhole, NO_AREA } from "../investigate/area";

/** As the server has it (domains/warnings, ops/draft). */
export const HEADLINE_MAX = 160;
export const TEXT_MAX = 2_000;
export const LASTS_MAX_H = 72;
export const SHAPES_MAX = 20;
const HOUR_US = 3_600_000_000;

/** What is drawn by hand; cells of H3 are no shape of CAP. */
export type Shape = Exclude<Area, { kind: "h3" }>;

export interface Words {
  event: string;
  headline: string;
  description: string;
  instruction: string;
}

export interface Draft {
  kind: DraftKind;
  earlier: Id | null;
  incident: Id | null;
  status: string;
  category: string | null;
  response: string;
  urgency: string | null;
  severity: string | null;
  certainty: string | null;
  /** Value of a `datetime-local` field, Taipei. */
  expires: string;
  zh: Words;
  en: Words;
  hasEn: boolean;
  areaName: string;
  /** Finished ones; the one that clicks change is apart. */
  shapes: Shape[];
  current: Shape;
}

const NO_WORDS: Words = { event: "", headline: "", description: "", instruction: "" };
export const NO_SHAPE = NO_AREA as Shape;

/** Nothing that says how bad it is has a default: that is for a person to say. */
export const NEW_DRAFT: Draft = {
  kind: "alert",
  earlier: null,
  incident: null,
  status: "Actual",
  category: null,
  response: "",
  urgency: null,
  severity: null,
  certainty: null,
  expires: "",
  zh: NO_WORDS,
  en: NO_WORDS,
  hasEn: false,
  areaName: "",
  shapes: [],
  current: NO_SHAPE,
};

export function expiresIn(hours: number, now_ms: number): string {
  return taipeiField(now_ms * 1000 + hours * HOUR_US);
}

const wordsOf = ({ event, headline, description, instruction }: WarningText): Words => ({
  event,
  headline,
  description,
  instruction,
});

function shapesOf(areas: WarningArea[]): Shape[] {
  const same = (a: Wgs84 | undefined, b: Wgs84 | undefined) => a?.lon === b?.lon && a?.lat === b?.lat;
  return areas.flatMap(({ polygons, circles }): Shape[] => [
    ...polygons.map((ring): Shape => {
      const isClosed = ring.length > 1 && same(ring[0], ring.at(-1));
      return { kind: "polygon", corners: isClosed ? ring.slice(0, -1) : ring };
    }),
    ...circles.map(({ centre, radius_m }): Shape => ({ kind: "circle", centre, radius_m })),
  ]);
}

/** Words that only the public document has: the list leaves them out. */
export function capWord(document: string, element: "category" | "responseType"): string | null {
  return new RegExp(`<(?:\\w+:)?${element}>\\s*([^<]+?)\\s*</`).exec(document)?.[1] ?? null;
}

interface Cancelling {
  zh: string;
  en: string;
}

/** An update begins as what it updates; a cancellation says so before the same headline. */
export function draftOf(
  warning: Warning,
  kind: "update" | "cancel",
  document: string,
  cancelling: Cancelling,
  now_ms: number,
): Draft {
  const zh = warning.texts.find((text) => text.language === "zh-TW") ?? warning.texts[0];
  const en = warning.texts.find((text) => text.language === "en-US");
  const isCancel = kind === "cancel";
  const begin = (text: WarningText | undefined, before: string): Words => {
    if (!text) return NO_WORDS;
    const words = wordsOf(text);
    if (!isCancel) return words;
    return { ...words, headline: `${before}${words.headline}`.slice(0, HEADLINE_MAX), instruction: "" };
  };
  const latest_us = now_ms * 1000 + LASTS_MAX_H * HOUR_US;
  const isSoon = warning.expires_at_us > now_ms * 1000 && warning.expires_at_us <= latest_us;
  return {
    ...NEW_DRAFT,
    kind,
    earlier: warning.id,
    incident: warning.incident,
    status: warning.status,
    category: capWord(document, "category"),
    response: isCancel ? "AllClear" : (capWord(document, "responseType") ?? ""),
    urgency: isCancel ? "Past" : (zh?.urgency ?? null),
    severity: zh?.severity ?? null,
    certainty: zh?.certainty ?? null,
    expires: isSoon ? taipeiField(warning.expires_at_us) : expiresIn(1, now_ms),
    zh: begin(zh, cancelling.zh),
    en: begin(en, cancelling.en),
    hasEn: en !== undefined,
    areaName: warning.areas[0]?.description ?? "",
    shapes: shapesOf(warning.areas),
    current: NO_SHAPE,
  };
}

/** Whether anything of it has been drawn; a half-drawn shape is not dropped in silence. */
export function isBegun(shape: Shape): boolean {
  return shape.kind === "polygon" ? shape.corners.length > 0 : shape.centre !== null;
}

export const MISSING = [
  "category",
  "urgency",
  "severity",
  "certainty",
  "event",
  "headline",
  "event_en",
  "headline_en",
  "expires",
  "expires_wrong",
  "area_name",
  "area",
  "area_half",
] as const;
export type Missing = (typeof MISSING)[number];

function expiryProblem(expires: string, now_ms: number): Missing | null {
  const at_us = microsFromTaipei(expires);
  if (at_us === null) return "expires";
  const ahead_us = at_us - now_ms * 1000;
  return ahead_us <= 0 || ahead_us > LASTS_MAX_H * HOUR_US ? "expires_wrong" : null;
}

/** What still has to be said before it can be sent, in the order of the form. */
export function missingOf(draft: Draft, now_ms: number): Missing[] {
  const expiry = expiryProblem(draft.expires, now_ms);
  const wanted: [Missing, boolean][] = [
    ["category", draft.category === null],
    ["urgency", draft.urgency === null],
    ["severity", draft.severity === null],
    ["certainty", draft.certainty === null],
    ["event", draft.zh.event.trim() === ""],
    ["headline", draft.zh.headline.trim() === ""],
    ["event_en", draft.hasEn && draft.en.event.trim() === ""],
    ["headline_en", draft.hasEn && draft.en.headline.trim() === ""],
    ["expires", expiry === "expires"],
    ["expires_wrong", expiry === "expires_wrong"],
    ["area_name", draft.areaName.trim() === ""],
    ["area", draft.shapes.length === 0 && !isBegun(draft.current)],
    ["area_half", isBegun(draft.current) && !isWhole(draft.current)],
  ];
  return wanted.filter(([, isMissing]) => isMissing).map(([name]) => name);
}

const trimmed = (language: DraftText["language"], words: Words): DraftText => ({
  language,
  event: words.event.trim(),
  headline: words.headline.trim(),
  description: words.description.trim(),
  instruction: words.instruction.trim(),
});

function areaOf(name: string, shapes: Shape[]): WarningArea {
  const area: WarningArea = { description: name.trim(), polygons: [], circles: [] };
  for (const shape of shapes) {
    if (shape.kind === "polygon") area.polygons.push(shape.corners);
    else if (shape.centre) area.circles.push({ centre: shape.centre, radius_m: shape.radius_m });
  }
  return area;
}

/** Null while something is missing. */
export function bodyOf(draft: Draft, now_ms: number): DraftWarning | null {
  const { category, urgency, severity, certainty } = draft;
  const expires_at_us: Micros | null = microsFromTaipei(draft.expires);
  if (missingOf(draft, now_ms).length > 0) return null;
  if (category === null || urgency === null || severity === null || certainty === null) return null;
  if (expires_at_us === null) return null;
  const drawn = isBegun(draft.current) ? [...draft.shapes, draft.current] : draft.shapes;
  return {
    kind: draft.kind,
    earlier: draft.earlier,
    incident: draft.incident,
    status: draft.status,
    category,
    response: draft.response,
    urgency,
    severity,
    certainty,
    expires_at_us,
    texts: [trimmed("zh-TW", draft.zh), ...(draft.hasEn ? [trimmed("en-US", draft.en)] : [])],
    area: areaOf(draft.areaName, drawn),
  };
}
