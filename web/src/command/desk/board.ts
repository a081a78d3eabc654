// The order of the board: who can be sent, who is bound, who cannot; within each by call sign.

import type { Incident, Unit } from "../../app/api/types";

export interface BoardRow {
  unit: Unit;
  /** Of the incident that it is sent to. */
  number: string | null;
}

/** From here on the board stands beside the map. Below it the map has a table as its twin. */
export const WIDE_PX = 2_200;

const ORDER: Unit["state"][] = ["available", "dispatched", "en_route", "on_scene", "busy", "off_duty"];

export function boardRows(units: Unit[], incidents: Incident[]): BoardRow[] {
  const numbers = new Map(
    incidents.flatMap((incident) =>
      incident.assignments.map((order) => [order.id, incident.number] as const),
    ),
  );
  const rank = (unit: Unit) => ORDER.indexOf(unit.state);
  return units
    .map((unit) => ({ unit, number: unit.assignment ? (numbers.get(unit.assignment) ?? null) : null }))
    .sort((a, b) => rank(a.unit) - rank(b.unit) || a.unit.call_sign.localeCompare(b.unit.call_sign, "zh-TW"));
}
