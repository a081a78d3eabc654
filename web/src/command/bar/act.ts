// Does what a line means: each act is one request that the server judges, and what it says is what is shown.

import { dispatch } from "../../app/api/calls";
import { desk } from "../../app/api/calls.desk";
import { ApiError } from "../../app/api/client";
import type { AssignmentStep, Wgs84 } from "../../app/api/types";
import {
  type Asked,
  OVERRIDING_SAID,
  type Overriding,
  WITHOUT_UNIT,
  type WithoutUnit,
} from "../../app/api/types.reasons";
import { type Meaning, mustAsk, type Reading } from "./grammar";

/** The way back, where there is one. */
export type Undo = (() => Promise<unknown>) | null;

/** Where a meaning that only looks leads. */
export function pathOf(meant: Meaning): string | null {
  if (meant.kind === "unit") return `/command?unit=${encodeURIComponent(meant.unit.id)}`;
  if (meant.kind !== "go") return null;
  const id = encodeURIComponent(meant.incident.id);
  const view = meant.view === "ring" ? "&ring=1" : meant.view === "cameras" ? "&cameras=1" : "";
  return `/command?tab=incidents&incident=${id}${view}`;
}

/**
 * Whether Enter is pressed twice. One of several is chosen and not merely the first, and what a line lacks was not said by anybody:
 * Enter alone sends nobody by chance.
 */
export function asksFirst(meant: Meaning, { meanings, hint }: Reading): boolean {
  return mustAsk(meant) || ((meanings.length > 1 || hint !== null) && pathOf(meant) === null);
}

/** Where a place is shown: on the console with what is open there, above all a call that is being taken. */
export function flyPath(place: Wgs84, path: string, search: string): string {
  const params = new URLSearchParams(path === "/command" ? search : "");
  // A table shows no place.
  params.delete("view");
  params.set("fly", `${place.lon},${place.lat}`);
  return `/command?${params}`;
}

/** The place of such an address; null for what is none. */
export function flownTo(fly: string | null): Wgs84 | null {
  const numbers = (fly ?? "").split(",");
  const [lon = Number.NaN, lat = Number.NaN] = numbers.map((text) =>
    text.trim() ? Number(text) : Number.NaN,
  );
  const isPlace = numbers.length === 2 && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  return isPlace ? { lon, lat } : null;
}

export interface Unsaid {
  asked: Asked;
  codes: readonly string[];
}

/** What the server asks for when it refuses an act that declines something: the codes of the list. */
export function reasonsFor(error: unknown): Unsaid | null {
  if (!(error instanceof ApiError)) return null;
  if (error.key === "dispatch.assign.reason_needed") return { asked: "proposal", codes: OVERRIDING_SAID };
  return error.key === "dispatch.close.without_unit" ? { asked: "incident", codes: WITHOUT_UNIT } : null;
}

const SAID = ["available", "busy", "off_duty"];

/** Nothing is shown as done before the server says so; of several requests, those before a refusal hold. */
export async function act(meant: Meaning, why: string | null = null): Promise<Undo> {
  switch (meant.kind) {
    case "assign":
      for (const unit of meant.units) {
        await dispatch.assign(meant.incident.id, unit.id, why as Overriding | null);
      }
      return null;
    case "steps":
      for (const name of meant.steps) {
        const step: AssignmentStep =
          name === "close" ? { step: "close", code: meant.code, text: "" } : { step: name };
        await desk.step(meant.order, step);
      }
      return null;
    case "cancel":
      await dispatch.cancel(meant.order, meant.reason);
      return null;
    case "unit_state": {
      const { unit } = meant;
      await desk.unitState(unit.id, meant.state);
      const before = unit.state;
      return SAID.includes(before) ? () => desk.unitState(unit.id, before) : null;
    }
    case "note":
      await desk.note(meant.incident.id, meant.text);
      return null;
    case "priority": {
      const { id, priority: was } = meant.incident;
      await desk.amend(id, { priority: { was, now: meant.to } });
      return () => desk.amend(id, { priority: { was: meant.to, now: was } });
    }
    case "close":
      await dispatch.close(meant.incident.id, meant.code, "", why as WithoutUnit | null);
      return null;
    case "go":
    case "unit":
      return null;
  }
}
