// Steps taken without a network: kept on the phone, shown as waiting, sent in order, each under its own key so that
// a step whose answer was lost is not taken twice.

import { ApiError } from "../app/api/client";
import type { AssignmentState, AssignmentStep, Id, Micros, Problem } from "../app/api/types";

export interface QueuedStep {
  /** Idempotency-Key. */
  key: string;
  /** Only the person who took the step may send it. */
  actor: Id;
  assignment: Id;
  step: AssignmentStep;
  queued_at_us: Micros;
  attempts: number;
  /** The server said no; kept until the officer has seen it. */
  refused: Problem | null;
}

export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export type Send = (assignment: Id, step: AssignmentStep, key: string) => Promise<unknown>;

const SHELF_KEY = "shouhu-queue";
export const QUEUE_MAX = 200;

/** Says no for good; anything else may go well later. */
function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status < 500 && ![401, 408, 425, 429].includes(error.status);
}

export class OfflineQueue {
  private all: QueuedStep[];
  private isFlushing = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly shelf: Shelf,
    private readonly send: Send,
  ) {
    this.all = this.load();
  }

  get items(): QueuedStep[] {
    return this.all;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** False when the phone holds as much as it may: the officer must be told, not the oldest step dropped. */
  add(step: Omit<QueuedStep, "attempts" | "refused">): boolean {
    if (this.all.length >= QUEUE_MAX) return false;
    this.store([...this.all, { ...step, attempts: 0, refused: null }]);
    return true;
  }

  dismiss(key: string): void {
    this.store(this.all.filter((one) => one.key !== key));
  }

  /** Sends what waits, oldest first; stops at the first that gets no answer. Returns how many were taken. */
  async flush(actor: Id): Promise<number> {
    if (this.isFlushing) return 0;
    this.isFlushing = true;
    let taken = 0;
    try {
      for (;;) {
        const next = this.all.find((one) => one.actor === actor && one.refused === null);
        if (!next) break;
        try {
          await this.send(next.assignment, next.step, next.key);
          this.dismiss(next.key);
          taken += 1;
        } catch (error) {
          if (!isRefusal(error)) {
            this.change(next.key, { attempts: next.attempts + 1 });
            break;
          }
          // "Delivered" says nothing the officer did; its refusal concerns nobody.
          if (next.step.step === "delivered") this.dismiss(next.key);
          else this.change(next.key, { refused: error.problem, attempts: next.attempts + 1 });
        }
      }
    } finally {
      this.isFlushing = false;
    }
    return taken;
  }

  private change(key: string, to: Partial<QueuedStep>): void {
    this.store(this.all.map((one) => (one.key === key ? { ...one, ...to } : one)));
  }

  private store(all: QueuedStep[]): void {
    this.all = all;
    this.shelf.setItem(SHELF_KEY, JSON.stringify(all));
    for (const tell of this.listeners) tell();
  }

  private load(): QueuedStep[] {
    try {
      const kept: unknown = JSON.parse(this.shelf.getItem(SHELF_KEY) ?? "[]");
      return Array.isArray(kept) ? (kept as QueuedStep[]) : [];
    } catch {
      return [];
    }
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
