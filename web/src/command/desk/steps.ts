// The way of an order. Steps are never skipped: who says "on scene" has accepted and gone.

import type { Assignment, AssignmentState } from "../../app/api/types";

export type WayStep = "delivered" | "accept" | "en_route" | "on_scene" | "close";

const WAY: AssignmentState[] = ["offered", "accepted", "en_route", "on_scene", "closed"];
const STEPS: WayStep[] = ["accept", "en_route", "on_scene", "close"];

export function nextStep(assignment: Pick<Assignment, "state" | "delivered_at_us">): WayStep | null {
  if (assignment.state === "offered" && assignment.delivered_at_us === null) return "delivered";
  const at = WAY.indexOf(assignment.state);
  return at < 0 ? null : (STEPS[at] ?? null);
}

/** All steps up to `target`, the next one first; empty when the order is there already or has ended. */
export function stepsTo(state: AssignmentState, target: Exclude<WayStep, "delivered">): WayStep[] {
  const at = WAY.indexOf(state);
  return at < 0 ? [] : STEPS.slice(at, STEPS.indexOf(target) + 1);
}
