// What a typed line means: `<unit> <status or code> [incident]`, `<incident> <verb>`, 派 <units> <incident>, note <incident> <text>,
// 到 <incident>. Pure: it reads what is known and says what Enter would do; where a line may mean several things, it says them all
// and a person chooses. Nothing here is ever guessed for the sake of an answer.

import type { Assignment, ClosingCode, Id, Incident, Unit } from "../../app/api/types";
import { CLOSING_CODES } from "../../app/api/types";
import { stepsTo, type WayStep } from "../desk/steps";
import { type Code, closingOf, glued, type Said, saidBy, type Verb, verbOf } from "./vocabulary";
import { isWithin, offZhuyin, squeezed } from "./words";

export type BarUnit = Pick<Unit, "id" | "call_sign" | "state">;
export type BarOrder = Pick<Assignment, "id" | "unit" | "state" | "delivered_at_us">;
export type BarIncident = Pick<Incident, "id" | "number" | "kind" | "priority"> & { assignments: BarOrder[] };

export interface World {
  units: BarUnit[];
  /** Those that are not over. */
  incidents: BarIncident[];
  codes: Code[];
}

export type Meaning =
  | { kind: "assign"; units: BarUnit[]; incident: BarIncident }
  | { kind: "steps"; unit: BarUnit; incident: BarIncident; order: Id; steps: WayStep[]; code: ClosingCode }
  | { kind: "cancel"; unit: BarUnit; incident: BarIncident; order: Id; reason: string }
  | { kind: "unit_state"; unit: BarUnit; state: "available" | "busy" | "off_duty" }
  | { kind: "note"; incident: BarIncident; text: string }
  | { kind: "priority"; incident: BarIncident; to: number }
  | { kind: "close"; incident: BarIncident; code: ClosingCode }
  | { kind: "go"; incident: BarIncident; view: "card" | "ring" | "cameras" }
  | { kind: "unit"; unit: BarUnit };

/** What a line still lacks, or why it does nothing. */
export type Hint =
  | { why: "which_incident" | "which_unit" | "note_text" | "reason" | "which_priority" }
  | { why: "no_unit" | "no_incident"; word: string }
  | { why: "has_order" | "no_order" | "nothing_new"; call_sign: string };

export interface Reading {
  /** The likeliest first. One: Enter does it. Several: a person chooses. */
  meanings: Meaning[];
  hint: Hint | null;
}

/** A list that is chosen from is read at a glance. */
const CHOICES_MAX = 8;
const LIVE = ["offered", "accepted", "en_route", "on_scene"];

const NOTHING: Reading = { meanings: [], hint: null };
const lacking = (hint: Hint): Reading => ({ meanings: [], hint });
const meaning = (...meanings: Meaning[]): Reading => ({
  meanings: meanings.slice(0, CHOICES_MAX),
  hint: null,
});

/** These need a second Enter: what they end does not come back. */
export function mustAsk(meant: Meaning): boolean {
  return (
    meant.kind === "cancel" ||
    meant.kind === "close" ||
    (meant.kind === "steps" && meant.steps.includes("close"))
  );
}

interface Found<T> {
  items: T[];
  /** Words that were taken. */
  used: number;
}

function unitsAt(words: string[], world: World): Found<BarUnit> | null {
  const keyOf = (used: number) => (used <= words.length ? squeezed(words.slice(0, used).join("")) : "");
  for (const used of [3, 2, 1]) {
    const key = keyOf(used);
    const items = key ? world.units.filter((unit) => squeezed(unit.call_sign) === key) : [];
    if (items.length > 0) return { items, used };
  }
  // A number alone is an incident's, a single sign too little.
  for (const used of [2, 1]) {
    const key = keyOf(used);
    if (key.length < 2 || /^\d+$/.test(key)) continue;
    const begins = world.units.filter((unit) => squeezed(unit.call_sign).startsWith(key));
    const items =
      begins.length > 0 ? begins : world.units.filter((u) => isWithin(key, squeezed(u.call_sign)));
    if (items.length > 0) return { items, used };
  }
  return null;
}

function incidentsAt(word: string | undefined, world: World): BarIncident[] {
  const said = (word ?? "").normalize("NFKC").replace(/^#/, "");
  const newest = (items: BarIncident[]) => items.sort((a, b) => b.number.localeCompare(a.number));
  if (/^\d{1,4}$/.test(said)) {
    return newest(world.incidents.filter((one) => Number(one.number.split("-").at(-1)) === Number(said)));
  }
  if (!/^(\d{2,3}-)?\d{4}-\d{1,4}$/.test(said)) return [];
  return newest(world.incidents.filter((one) => one.number === said || one.number.endsWith(`-${said}`)));
}

function orderOf(unit: BarUnit, world: World): { incident: BarIncident; order: BarOrder } | null {
  for (const incident of world.incidents) {
    const order = incident.assignments.find((one) => one.unit === unit.id && LIVE.includes(one.state));
    if (order) return { incident, order };
  }
  return null;
}

function saidOf(unit: BarUnit, said: Said, rest: string[], world: World): Reading {
  const at = orderOf(unit, world);
  const { call_sign } = unit;
  if (said.of === "unit") {
    if (at) return lacking({ why: "has_order", call_sign });
    if (unit.state === said.state) return lacking({ why: "nothing_new", call_sign });
    return meaning({ kind: "unit_state", unit, state: said.state });
  }
  const named = incidentsAt(rest[0], world);
  if (!at || (named.length > 0 && !named.some((one) => one.id === at.incident.id))) {
    return lacking({ why: "no_order", call_sign });
  }
  const { incident, order } = at;
  const words = named.length > 0 ? rest.slice(1) : rest;
  if (said.of === "cancel") {
    const reason = words.join(" ");
    return reason
      ? meaning({ kind: "cancel", unit, incident, order: order.id, reason })
      : lacking({ why: "reason" });
  }
  const make = (steps: WayStep[], code: ClosingCode = "handled"): Meaning => ({
    kind: "steps",
    unit,
    incident,
    order: order.id,
    steps,
    code,
  });
  if (said.step === "delivered") {
    const isNew = order.state === "offered" && order.delivered_at_us === null;
    return isNew ? meaning(make(["delivered"])) : lacking({ why: "nothing_new", call_sign });
  }
  const steps = stepsTo(order.state, said.step);
  if (steps.length === 0) return lacking({ why: "nothing_new", call_sign });
  if (said.step !== "close") return meaning(make(steps));
  const code = words[0] ? closingOf(words[0]) : null;
  return meaning(...(code ? [code] : CLOSING_CODES).map((one) => make(steps, one)));
}

/** The first of several readings that says anything, or all that they say when the subject itself was not clear. */
function each<T>(items: T[], read: (item: T) => Reading): Reading {
  const readings = items.slice(0, CHOICES_MAX).map(read);
  const meanings = readings.flatMap((reading) => reading.meanings);
  return meanings.length > 0 ? meaning(...meanings) : (readings[0] ?? NOTHING);
}

/** Units and an incident in any order: 派 永康21 永康22 0123. */
function assigning(words: string[], world: World, first: BarUnit[] = [], to: BarIncident[] = []): Reading {
  const units = [...first];
  let unclear: BarUnit[] = [];
  let incidents = to;
  for (let rest = words; rest.length > 0; ) {
    const found = unitsAt(rest, world);
    const isNumber = incidentsAt(rest[0], world);
    const exact =
      found && squeezed(rest.slice(0, found.used).join("")) === squeezed(found.items[0]?.call_sign ?? "");
    if (isNumber.length > 0 && incidents.length === 0 && !exact) {
      incidents = isNumber;
      rest = rest.slice(1);
    } else if (found) {
      if (found.items.length === 1) units.push(...found.items);
      // One of several may be chosen from a list, one each of two lists may not: nobody is left out unsaid.
      else if (unclear.length > 0) return lacking({ why: "which_unit" });
      else unclear = found.items;
      rest = rest.slice(found.used);
    } else {
      const word = rest[0] ?? "";
      return lacking(/^[#\d-]+$/.test(word) ? { why: "no_incident", word } : { why: "no_unit", word });
    }
  }
  const crews =
    unclear.length > 0 ? unclear.map((unit) => [...units, unit]) : units.length > 0 ? [units] : [];
  if (crews.length === 0) return lacking({ why: "which_unit" });
  const targets = incidents.length > 0 ? incidents : world.incidents;
  const made = crews.flatMap((crew) =>
    targets.map((incident): Meaning => ({ kind: "assign", units: [...new Set(crew)], incident })),
  );
  return {
    meanings: made.slice(0, CHOICES_MAX),
    hint: incidents.length > 0 ? null : { why: "which_incident" },
  };
}

function ofIncident(incident: BarIncident, verb: Verb, rest: string[], world: World): Reading {
  switch (verb) {
    case "assign":
      return assigning(rest, world, [], [incident]);
    case "note": {
      const text = rest.join(" ").trim();
      return text ? meaning({ kind: "note", incident, text }) : lacking({ why: "note_text" });
    }
    case "close": {
      const code = rest[0] ? closingOf(rest.join(" ")) : null;
      return meaning(
        ...(code ? [code] : CLOSING_CODES).map((one): Meaning => ({ kind: "close", incident, code: one })),
      );
    }
    case "priority": {
      const to = Number((rest[0] ?? "").normalize("NFKC").replace(/^p/i, ""));
      const isOne = Number.isInteger(to) && to >= 1 && to <= 4;
      return isOne ? meaning({ kind: "priority", incident, to }) : lacking({ why: "which_priority" });
    }
    case "go":
      return meaning({ kind: "go", incident, view: "card" });
    case "ring":
    case "cameras":
      return meaning({ kind: "go", incident, view: verb });
  }
}

function afterUnits(units: BarUnit[], rest: string[], world: World): Reading {
  const [word] = rest;
  if (word === undefined) return each(units, (unit) => meaning({ kind: "unit", unit }));
  // Two words may be one: off duty, on scene.
  for (const used of [2, 1]) {
    const said = used <= rest.length ? saidBy(rest.slice(0, used).join(" "), world.codes) : null;
    if (said) return each(units, (unit) => saidOf(unit, said, rest.slice(used), world));
  }
  if (incidentsAt(word, world).length > 0 || unitsAt(rest, world)) {
    return each(units, (unit) => assigning(rest, world, [unit]));
  }
  return /^[#\d-]+$/.test(word) ? lacking({ why: "no_incident", word }) : NOTHING;
}

function afterIncidents(incidents: BarIncident[], rest: string[], world: World): Reading {
  const [word] = rest;
  if (word === undefined)
    return each(incidents, (incident) => meaning({ kind: "go", incident, view: "card" }));
  const together = glued(word);
  const verb = verbOf(word) ?? together?.verb;
  const words = verbOf(word) || !together ? rest.slice(1) : [together.rest, ...rest.slice(1)];
  if (verb) return each(incidents, (incident) => ofIncident(incident, verb, words, world));
  if (/^p[1-4]$/i.test(word)) return each(incidents, (one) => ofIncident(one, "priority", [word], world));
  if (unitsAt(rest, world)) return each(incidents, (one) => assigning(rest, world, [], [one]));
  return NOTHING;
}

function readWords(words: string[], world: World): Reading {
  const [first] = words;
  if (first === undefined) return NOTHING;
  const numbered = incidentsAt(first, world);
  if (numbered.length > 0) return afterIncidents(numbered, words.slice(1), world);
  const together = verbOf(first) ? null : glued(first);
  const verb = verbOf(first) ?? together?.verb ?? null;
  const rest = together ? [together.rest, ...words.slice(1)] : words.slice(1);
  const isUnit = world.units.some((unit) => squeezed(unit.call_sign).startsWith(squeezed(first)));
  if (!verb || (together && isUnit)) {
    const found = unitsAt(words, world);
    return found ? afterUnits(found.items, words.slice(found.used), world) : NOTHING;
  }
  if (verb === "assign") return assigning(rest, world);
  const incidents = incidentsAt(rest[0], world);
  if (incidents.length > 0) return each(incidents, (one) => ofIncident(one, verb, rest.slice(1), world));
  const units = verb === "go" ? unitsAt(rest, world) : null;
  if (units) return each(units.items, (unit) => meaning({ kind: "unit", unit }));
  // 到 台南火車站 is a place: that is looked up elsewhere.
  if (verb === "go" || rest.length === 0) return verb === "go" ? NOTHING : lacking({ why: "which_incident" });
  return lacking({ why: "no_incident", word: rest[0] ?? "" });
}

/** Zhuyin signs are keys that were pressed with the wrong keyboard, where the line says nothing otherwise. */
export function read(line: string, world: World): Reading {
  const words = line
    .replace(/\u3000/g, " ")
    .trim()
    .split(/\s+/)
    .filter(Boolean);
  const plain = readWords(words, world);
  if (plain.meanings.length > 0) return plain;
  const meant = words.map(offZhuyin);
  if (meant.every((word, at) => word === words[at])) return plain;
  const other = readWords(meant.join(" ").split(/\s+/).filter(Boolean), world);
  return other.meanings.length > 0 ? other : plain;
}

/** What stands after 到 or 看, or the whole line: perhaps a place. */
export function placeIn(line: string): string {
  const text = line.replace(/\u3000/g, " ").trim();
  const [first = "", ...rest] = text.split(/\s+/);
  if (verbOf(first) === "go") return rest.join(" ");
  const together = glued(first);
  return together?.verb === "go" ? [together.rest, ...rest].join(" ") : text;
}
