// The questions that can be asked, what each needs, and how a question stands in the address.

import { type Id, VEHICLE_COLOURS, VEHICLE_KINDS } from "../app/api/types";
import { COUNTS_BY, type CountBy, LIKENESSES, type Look, type PlateLikeness } from "../app/api/types.lake";
import { SIDES, type Side } from "./answers/zones";
import { type Area, areaText, isWhole, NO_AREA, readArea } from "./area";
import { CELLS_MAX } from "./h3cell";
import { isPattern, KNOWN_MIN, readPlate, readPlates } from "./plateText";
import { checkSpan, isPreset, lengthOf, type Preset, type Span, within } from "./span";
import { readThefts, THEFTS_IN_ADDRESS, THEFTS_MAX, theftsText } from "./thefts";

export const KINDS = [
  "history",
  "plates",
  "cameras",
  "area",
  "trajectory",
  "convoys",
  "meetings",
  "passed",
  "counts",
  "zones",
] as const;
export type Kind = (typeof KINDS)[number];

/** The key that leads to each; ten questions have one figure too few. */
export const KEY_OF = Object.fromEntries(
  KINDS.map((kind, at) => [kind, kind === "zones" ? "z" : String(at + 1)]),
) as Record<Kind, string>;

/** Of H3: about 5, 0.7 and 0.1 km². */
export const RESOLUTIONS = ["7", "8", "9"] as const;
/** Days of a period, as the server counts them. */
export const PERIODS = ["all", "7", "30"] as const;

export const LISTED = ["passages", "plates"] as const;
export type Listed = (typeof LISTED)[number];

/** What is in the fields; shared by all questions, so that a plate or a window is typed once. */
export interface Draft {
  plate: string;
  /** Those who may have met. */
  plates: string;
  likeness: PlateLikeness;
  span: Span;
  cameras: Id[];
  /** Where it was later. */
  later: Id[];
  area: Area;
  within_s: number;
  shared_min: number;
  /** Those who met passed at most this much apart. */
  meet_s: number;
  /** A and then B, at most this much later. */
  later_min: number;
  near_m: number;
  by: CountBy;
  /** Every passage, or every plate once with its number of passages. */
  listed: Listed;
  /** Only passages whose picture shows this. */
  look: Look;
  /** One camera, where counts are of one. */
  camera: Id | null;
  /** Stolen vehicles as typed or pasted. */
  thefts: string;
  resolution: (typeof RESOLUTIONS)[number];
  /** How long before and after a theft is looked. */
  look_days: number;
  period: (typeof PERIODS)[number];
  /** Which place of a theft is looked at; no part of the question. */
  side: Side;
}

export type Field =
  | "plate"
  | "plates"
  | "likeness"
  | "cameras"
  | "later"
  | "area"
  | "within_s"
  | "shared_min"
  | "meet_s"
  | "later_min"
  | "near_m"
  | "by"
  | "listed"
  | "look"
  | "camera"
  | "thefts"
  | "resolution"
  | "look_days"
  | "period"
  | "side";

interface Spec {
  fields: Field[];
  presets: readonly Preset[];
  first: Preset;
  /** A pattern is broader than a plate. */
  patternMax?: Preset;
}

export const SPECS: Record<Kind, Spec> = {
  history: {
    fields: ["plate", "look"],
    presets: ["24h", "7d", "30d", "365d"],
    first: "7d",
    patternMax: "7d",
  },
  // The book of plates knows no time.
  plates: { fields: ["plate", "likeness"], presets: [], first: "7d" },
  cameras: { fields: ["cameras", "listed", "look"], presets: ["1h", "6h", "24h", "7d"], first: "1h" },
  area: { fields: ["area", "listed", "look"], presets: ["1h", "6h", "24h", "7d"], first: "1h" },
  trajectory: { fields: ["plate"], presets: ["24h", "7d", "30d", "365d"], first: "24h" },
  convoys: {
    fields: ["plate", "within_s", "shared_min"],
    presets: ["24h", "7d", "30d"],
    first: "7d",
  },
  meetings: { fields: ["plates", "meet_s", "near_m"], presets: ["24h", "7d", "30d"], first: "7d" },
  passed: { fields: ["cameras", "later", "later_min"], presets: ["1h", "6h", "24h", "7d"], first: "24h" },
  counts: { fields: ["by", "camera"], presets: ["24h", "7d", "30d", "90d"], first: "7d" },
  // Each theft has its own time.
  zones: { fields: ["thefts", "resolution", "look_days", "period", "side"], presets: [], first: "7d" },
};

export function presetsOf(kind: Kind, draft: Draft): readonly Preset[] {
  // Every hour of every camera: a day of a city is half a million numbers.
  if (kind === "counts" && draft.by === "hour_camera") return ["6h", "24h"];
  return SPECS[kind].presets;
}

/** Plates are counted whatever their pictures show. */
export function mayNarrow(kind: Kind, draft: Draft): boolean {
  const { fields } = SPECS[kind];
  return fields.includes("look") && !(fields.includes("listed") && draft.listed === "plates");
}

export function isNarrowed(kind: Kind, draft: Draft): boolean {
  return mayNarrow(kind, draft) && (draft.look.kind !== null || draft.look.colour !== null);
}

export function hasSpan(kind: Kind): boolean {
  return SPECS[kind].presets.length > 0;
}

export const FIRST: Draft = {
  plate: "",
  plates: "",
  likeness: "wildcard",
  span: { preset: "7d", from: "", until: "" },
  cameras: [],
  later: [],
  area: NO_AREA,
  within_s: 60,
  shared_min: 3,
  meet_s: 300,
  later_min: 60,
  near_m: 0,
  by: "hour",
  listed: "passages",
  look: { kind: null, colour: null },
  camera: null,
  thefts: "",
  resolution: "8",
  look_days: 30,
  period: "7",
  side: "before",
};

export const NUMBERS = ["within_s", "shared_min", "meet_s", "later_min", "near_m", "look_days"] as const;

export const LIMITS: Record<(typeof NUMBERS)[number], [number, number]> = {
  within_s: [5, 3600],
  shared_min: [2, 50],
  meet_s: [5, 7200],
  later_min: [1, 1440],
  near_m: [0, 2000],
  look_days: [1, 90],
};

export type Problems = Partial<Record<Field | "span", string>>;

function plateProblem(kind: Kind, draft: Draft): string | null {
  const plate = readPlate(draft.plate);
  if (plate.text === "") return "plate_missing";
  if (plate.wrong.length > 0) return "plate_wrong";
  const mayBePattern = kind === "history" || (kind === "plates" && draft.likeness === "wildcard");
  if (isPattern(plate) && !mayBePattern) return "plate_whole";
  return plate.known < KNOWN_MIN ? "too_vague" : null;
}

function platesProblem(draft: Draft): string | null {
  const plates = readPlates(draft.plates);
  if (plates.length < 2) return "plates_two";
  if (plates.length > 20) return "plates_many";
  return plates.some((p) => p.wrong.length > 0 || isPattern(p) || p.known < KNOWN_MIN)
    ? "plates_wrong"
    : null;
}

function theftsProblem(draft: Draft, now_ms: number): string | null {
  const { thefts, wrong } = readThefts(draft.thefts, now_ms);
  if (wrong.length > 0) return "thefts_wrong";
  if (thefts.length > THEFTS_MAX) return "thefts_many";
  return thefts.length === 0 ? "thefts_missing" : null;
}

function areaProblem(area: Area): string | null {
  if (area.kind === "h3" && area.cells.length > CELLS_MAX) return "cells_many";
  return isWhole(area) ? null : "area_missing";
}

function numberProblem(name: (typeof NUMBERS)[number], draft: Draft): string | null {
  const [least, most] = LIMITS[name];
  const value = draft[name];
  return Number.isFinite(value) && value >= least && value <= most ? null : "number_wrong";
}

function fieldProblem(kind: Kind, field: Field, draft: Draft, now_ms: number): string | null {
  if (field === "plate") return plateProblem(kind, draft);
  if (field === "plates") return platesProblem(draft);
  if (field === "cameras") return draft.cameras.length === 0 ? "camera_missing" : null;
  if (field === "later") return draft.later.length === 0 ? "camera_missing" : null;
  if (field === "area") return areaProblem(draft.area);
  if (field === "thefts") return theftsProblem(draft, now_ms);
  const number = NUMBERS.find((name) => name === field);
  return number ? numberProblem(number, draft) : null;
}

export function widest(kind: Kind, draft: Draft): Preset {
  const spec = SPECS[kind];
  const isBroad = spec.fields.includes("plate") && isPattern(readPlate(draft.plate));
  return (isBroad ? spec.patternMax : undefined) ?? presetsOf(kind, draft).at(-1) ?? spec.first;
}

/** What keeps the question from being asked, by field; words under `lake.wrong_*`. */
export function problemsOf(kind: Kind, draft: Draft, now_ms: number): Problems {
  const found: Problems = {};
  for (const field of SPECS[kind].fields) {
    const problem = fieldProblem(kind, field, draft, now_ms);
    if (problem) found[field] = problem;
  }
  if (!hasSpan(kind)) return found;
  const wrong = checkSpan(draft.span, lengthOf(widest(kind, draft)), now_ms);
  if (wrong) found.span = wrong;
  return found;
}

/** The same draft for another question: a window too wide for it becomes the widest that it takes. */
export function carriedTo(kind: Kind, draft: Draft): Draft {
  const { preset } = draft.span;
  const presets = presetsOf(kind, draft);
  if (!preset || presets.length === 0) return draft;
  return { ...draft, span: { ...draft.span, preset: within(preset, presets) } };
}

function spanParams(span: Span, first: Preset, made: URLSearchParams): void {
  if (span.preset) {
    if (span.preset !== first) made.set("w", span.preset);
    return;
  }
  if (span.from) made.set("from", span.from);
  if (span.until) made.set("until", span.until);
}

function theftParams(draft: Draft, made: URLSearchParams): void {
  const { thefts } = readThefts(draft.thefts, Number.POSITIVE_INFINITY);
  if (thefts.length > 0 && thefts.length <= THEFTS_IN_ADDRESS) made.set("thefts", theftsText(thefts, ";"));
  if (draft.resolution !== FIRST.resolution) made.set("size", draft.resolution);
  if (draft.period !== FIRST.period) made.set("period", draft.period);
  if (draft.side !== FIRST.side) made.set("side", draft.side);
}

/** An address that somebody bent is read as far as it makes sense. */
function oneOf<T extends string>(text: string | null, all: readonly T[], otherwise: T): T {
  return all.find((one) => one === text) ?? otherwise;
}

export function toParams(kind: Kind, draft: Draft, isTable: boolean): URLSearchParams {
  const made = new URLSearchParams();
  const { fields, first } = SPECS[kind];
  const has = (field: Field) => fields.includes(field);
  if (kind !== "history") made.set("q", kind);
  if (has("plate") && draft.plate) made.set("plate", readPlate(draft.plate).text);
  if (has("plates") && draft.plates) {
    made.set(
      "plates",
      readPlates(draft.plates)
        .map((p) => p.text)
        .join(","),
    );
  }
  if (has("likeness") && draft.likeness !== FIRST.likeness) made.set("like", draft.likeness);
  if (has("cameras") && draft.cameras.length > 0) made.set("cameras", draft.cameras.join(","));
  if (has("later") && draft.later.length > 0) made.set("then", draft.later.join(","));
  if (has("area") && areaText(draft.area)) made.set("area", areaText(draft.area));
  if (has("by") && draft.by !== FIRST.by) made.set("by", draft.by);
  if (has("listed") && draft.listed !== FIRST.listed) made.set("list", draft.listed);
  if (has("look") && draft.look.kind) made.set("kind", draft.look.kind);
  if (has("look") && draft.look.colour) made.set("colour", draft.look.colour);
  if (has("camera") && draft.camera) made.set("camera", draft.camera);
  if (has("thefts")) theftParams(draft, made);
  for (const name of NUMBERS) {
    if (has(name) && draft[name] !== FIRST[name]) made.set(name, String(draft[name]));
  }
  if (hasSpan(kind)) spanParams(draft.span, first, made);
  if (isTable) made.set("view", "table");
  return made;
}

const listOf = (text: string | null) => text?.split(",").filter(Boolean) ?? [];
const FIELD_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;
const timeOf = (text: string | null) => (text && FIELD_TIME.test(text) ? text : "");

/** What the address does not say stays as it is in `before`. */
export function fromParams(params: URLSearchParams, before: Draft): { kind: Kind; draft: Draft } {
  const asked = params.get("q") as Kind;
  const kind = KINDS.includes(asked) ? asked : "history";
  const draft = { ...before };
  const { fields, first } = SPECS[kind];
  if (params.has("plate")) draft.plate = params.get("plate") ?? "";
  if (params.has("plates")) draft.plates = listOf(params.get("plates")).join(" ");
  if (fields.includes("likeness")) {
    const like = params.get("like") as PlateLikeness;
    draft.likeness = LIKENESSES.includes(like) ? like : FIRST.likeness;
  }
  if (params.has("cameras")) draft.cameras = listOf(params.get("cameras"));
  if (params.has("then")) draft.later = listOf(params.get("then"));
  if (params.has("area")) draft.area = readArea(params.get("area"));
  if (fields.includes("by")) {
    const by = params.get("by") as CountBy;
    draft.by = COUNTS_BY.includes(by) ? by : FIRST.by;
    draft.camera = params.get("camera");
  }
  if (params.has("thefts")) draft.thefts = (params.get("thefts") ?? "").replaceAll(";", "\n");
  if (fields.includes("thefts")) {
    draft.resolution = oneOf(params.get("size"), RESOLUTIONS, FIRST.resolution);
    draft.period = oneOf(params.get("period"), PERIODS, FIRST.period);
    draft.side = oneOf(params.get("side"), SIDES, FIRST.side);
  }
  if (fields.includes("look")) {
    const kind = VEHICLE_KINDS.find((one) => one === params.get("kind")) ?? null;
    draft.look = { kind, colour: VEHICLE_COLOURS.find((one) => one === params.get("colour")) ?? null };
  }
  if (fields.includes("listed")) draft.listed = params.get("list") === "plates" ? "plates" : "passages";
  for (const name of NUMBERS) {
    if (!fields.includes(name)) continue;
    const value = Number(params.get(name));
    const [least, most] = LIMITS[name];
    draft[name] = params.has(name) && value >= least && value <= most ? value : FIRST[name];
  }
  const from = timeOf(params.get("from"));
  const w = params.get("w");
  if (from) draft.span = { preset: null, from, until: timeOf(params.get("until")) };
  else draft.span = { ...draft.span, preset: isPreset(w) ? w : first };
  return { kind, draft: carriedTo(kind, draft) };
}
