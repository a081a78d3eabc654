// Steps of an assignment that were taken without a network.

import type { Assignment, AssignmentState, AssignmentStep, Id } from "../app/api/types";
import { Outbox, type Shelf, type Waiting } from "./outbox";

export interface QueuedStep extends Waiting {
  assignment: Id;
  step: AssignmentStep;
}

export type Send = (assignment: Id, step: AssignmentStep, key: string) => Promise<Assignment>;
export type Taken = (assignment: Assignment) => void | Promise<void>;

const SHELF_KEY = "shouhu-queue";
export const QUEUE_MAX = 200;

export class OfflineQueue extends Outbox<QueuedStep, Assignment> {
  /** Where the server's word goes; a screen that is there sets it. */
  onTaken: Taken | null = null;

  constructor(shelf: Shelf, send: Send) {
    super({
      shelf,
      shelfKey: SHELF_KEY,
      max: QUEUE_MAX,
      send: ({ assignment, step, key }) => send(assignment, step, key),
      onTaken: (_, answer) => this.onTaken?.(answer),
      // "Delivered" says nothing the officer did; its refusal concerns nobody.
      isQuiet: ({ step }) => step.step === "delivered",
    });
  }
}

const LEADS_TO: Partial<Record<AssignmentStep["step"], AssignmentState>> = {
  accept: "accepted",
  decline: "declined",
  en_route: "en_route",
  on_scene: "on_scene",
  close: "closed",
};

/** Where the assignment will be once what waits has been taken. */
export function stateAfter(state: AssignmentState, waiting: QueuedStep[]): AssignmentState {
  let after = state;
  for (const { step, refused } of waiting) {
    if (refused === null) after = LEADS_TO[step.step] ?? after;
  }
  return after;
}
