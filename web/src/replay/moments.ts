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
import type { ReplayUnit } from "../app/api/types.shifts";
import { type Fix, headAt } from "../positions/track";

export const SPEEDS = ["1", "10", "60"] as const;
export type Speed = (typeof SPEEDS)[number];

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

/** Units that held an order at a moment. */
export function unitsAt(
  incident: Incident,
  tracks: ReplayUnit[],
  kindOf: (unit: string) => UnitKind,
  at_us: Micros,
): UnitThen[] {
  return incident.assignments.flatMap((order) => {
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

/** The incident as it was drawn then: open until somebody was there. */
export function incidentAt(incident: Incident, at_us: Micros): Incident {
  const states = incident.assignments.map((order) => stateAt(order, at_us));
  const state = states.includes("on_scene")
    ? "on_scene"
    : states.some((one) => one !== null)
      ? "assigned"
      : "open";
  return { ...incident, state };
}
