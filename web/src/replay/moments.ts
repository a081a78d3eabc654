// Where an incident stood at a moment of its replay: the newest line, and each unit with what was known of it then. Nothing is made
// up between two fixes.

import type {
  Assignment,
  Incident,
  IncidentLogLine,
  Micros,
  Unit,
  UnitKind,
  UnitState,
} from "../app/api/types";
import type { Replay, ReplayLine, ReplayUnit } from "../app/api/types.shifts";
import { type Fix, headAt } from "../positions/track";

export const SPEEDS = ["1", "10", "60"] as const;
export type Speed = (typeof SPEEDS)[number];

/** The same act, written under two numbers. */
const isSame = (one: IncidentLogLine, other: IncidentLogLine) =>
  one.at_us === other.at_us &&
  one.key === other.key &&
  JSON.stringify(one.params) === JSON.stringify(other.params);

/** The lines of an incident and of what is merged into it, in the order of time; what was written under both numbers once. */
export function wholeLog(
  own: IncidentLogLine[],
  reports: { number: string; log: IncidentLogLine[] }[],
): ReplayLine[] {
  const lines = [
    ...own.map((line) => ({ ...line, report: null })),
    ...reports.flatMap(({ number, log }) =>
      log
        .filter((line) => !own.some((known) => isSame(known, line)))
        .map((line) => ({ ...line, report: number })),
    ),
  ];
  return lines.sort((one, other) => one.at_us - other.at_us);
}

/** From the first report to the end; what is merged ends where it became part of another one. */
export function spanOf(
  incident: Incident,
  reports: Incident[],
  own: IncidentLogLine[],
  now_us: Micros,
): { from_us: Micros; until_us: Micros } {
  const merged = incident.state === "merged" && own.findLast((line) => line.key === "incident_merged");
  return {
    from_us: Math.min(incident.opened_at_us, ...reports.map((report) => report.opened_at_us)),
    until_us: incident.closed_at_us ?? (merged ? merged.at_us : now_us),
  };
}

/** The newest line at a moment; -1 before the first. */
export function lineAt(log: IncidentLogLine[], at_us: Micros): number {
  return log.findLastIndex((line) => line.at_us <= at_us);
}

/** The moment of the line before or after; stays where there is none. */
export function stepLine(log: IncidentLogLine[], at_us: Micros, by: 1 | -1): Micros {
  if (by > 0) return log.find((line) => line.at_us > at_us)?.at_us ?? at_us;
  return log.findLast((line) => line.at_us < at_us)?.at_us ?? at_us;
}

/** What an order had made of its unit by then; null before it was given and after it ended. */
export function stateAt(order: Assignment, at_us: Micros): UnitState | null {
  if (at_us < order.offered_at_us) return null;
  if (order.closed_at_us !== null && at_us >= order.closed_at_us) return null;
  if (order.on_scene_at_us !== null && at_us >= order.on_scene_at_us) return "on_scene";
  if (order.en_route_at_us !== null && at_us >= order.en_route_at_us) return "en_route";
  return "dispatched";
}

export interface UnitThen {
  unit: Unit;
  /** How old its place was then, microseconds; null: no place is kept. */
  old_us: Micros | null;
}

const fixesOf = (unit: ReplayUnit): Fix[] =>
  unit.fixes.map((fix) => ({
    at_us: fix.at_us,
    place: fix.position,
    accuracy_m: fix.accuracy_m,
    speed_kmh: null,
    isAlarm: false,
  }));

type Story = Pick<Replay, "incident" | "reports" | "log">;

/** Under whichever number they were given. */
const ordersOf = ({ incident, reports }: Story): Assignment[] =>
  [incident, ...reports].flatMap((one) => one.assignments);

/** Units that held an order at a moment. */
export function unitsAt(
  story: Story,
  tracks: ReplayUnit[],
  kindOf: (unit: string) => UnitKind,
  at_us: Micros,
): UnitThen[] {
  return ordersOf(story).flatMap((order) => {
    const state = stateAt(order, at_us);
    if (!state) return [];
    const own = tracks.filter((one) => one.unit === order.unit && one.from_us <= at_us);
    const head = headAt(own.flatMap(fixesOf), at_us);
    const unit: Unit = {
      id: order.unit,
      call_sign: order.call_sign,
      kind: kindOf(order.unit),
      state,
      position: head?.fix.place ?? null,
      position_at_us: head?.fix.at_us ?? null,
      accuracy_m: head?.fix.accuracy_m ?? null,
      heading_deg: null,
      assignment: order.id,
    };
    return [{ unit, old_us: head?.old_us ?? null }];
  });
}

/** The incident and its reports as they were drawn then: each from its opening on, open until somebody was there, and a report until it
 * was merged. An order that moved along is known by the incident alone, so whoever was sent was sent to all of them. */
export function incidentsAt(story: Story, at_us: Micros): Incident[] {
  const states = ordersOf(story).map((order) => stateAt(order, at_us));
  const served = states.includes("on_scene")
    ? "on_scene"
    : states.some((one) => one !== null)
      ? "assigned"
      : "open";
  const { incident, reports, log } = story;
  return [incident, ...reports]
    .filter((one) => one.opened_at_us <= at_us)
    .map((one) => {
      const number = one.id === incident.id ? null : one.number;
      const isMerge = ({ key }: ReplayLine) => key === "incident_merged" || key === "incident_unmerged";
      const last = log.findLast((line) => line.report === number && line.at_us <= at_us && isMerge(line));
      return { ...one, state: last?.key === "incident_merged" ? "merged" : served };
    });
}
