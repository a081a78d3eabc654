// Does what a line means: each act is one request that the server judges, and what it says is what is shown.

import { dispatch } from "../../app/api/calls";
import { desk } from "../../app/api/calls.desk";
import type { AssignmentStep } from "../../app/api/types";
import type { Meaning } from "./grammar";

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

const SAID = ["available", "busy", "off_duty"];

/** Nothing is shown as done before the server says so; of several requests, those before a refusal hold. */
export async function act(meant: Meaning): Promise<Undo> {
  switch (meant.kind) {
    case "assign":
      for (const unit of meant.units) await dispatch.assign(meant.incident.id, unit.id);
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
      await dispatch.close(meant.incident.id, meant.code, "");
      return null;
    case "go":
    case "unit":
      return null;
  }
}
