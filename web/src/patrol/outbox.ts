// What was done without a network: kept on the phone, shown as waiting, sent in order, each under its own key so that an
// act whose answer was lost is not done twice.

import { ApiError } from "../app/api/client";
import type { Id, Micros, Problem } from "../app/api/types";

export interface Waiting {
  /** Idempotency-Key. */
  key: string;
  /** Only the person who did it may send it. */
  actor: Id;
  queued_at_us: Micros;
  attempts: number;
  /** The server said no; kept until the officer has seen it. */
  refused: Problem | null;
}

export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface OutboxWays<Item extends Waiting, Answer> {
  shelf: Shelf;
  shelfKey: string;
  /** At most so many wait. */
  max: number;
  send: (item: Item) => Promise<Answer>;
  /** Its refusal concerns nobody. */
  isQuiet?: (item: Item) => boolean;
  /** What the server said to it, now or hours later. The item goes only after this: in between nobody may see neither. */
  onTaken?: (item: Item, answer: Answer) => void | Promise<void>;
}

/** Says no for good; anything else may go well later. */
function isRefusal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  // Another tab of this phone is sending the same act right now.
  if (error.key === "http.idempotency.running") return false;
  return error.status < 500 && ![401, 408, 425, 429].includes(error.status);
}

export class Outbox<Item extends Waiting, Answer = unknown> {
  private all: Item[];
  private isFlushing = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly ways: OutboxWays<Item, Answer>) {
    this.all = this.load();
  }

  get items(): Item[] {
    return this.all;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** False when the phone holds as much as it may: the officer must be told, not the oldest dropped. */
  add(item: Omit<Item, "attempts" | "refused">): boolean {
    if (this.all.length >= this.ways.max) return false;
    this.store([...this.all, { ...item, attempts: 0, refused: null } as Item]);
    return true;
  }

  /** Another tab has changed what is kept: writing over it would lose what was done there. */
  reread(): void {
    this.all = this.load();
    for (const tell of this.listeners) tell();
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
          const answer = await this.ways.send(next);
          await this.ways.onTaken?.(next, answer);
          this.dismiss(next.key);
          taken += 1;
        } catch (error) {
          const attempts = next.attempts + 1;
          if (!isRefusal(error)) {
            this.change(next.key, { attempts } as Partial<Item>);
            break;
          }
          if (this.ways.isQuiet?.(next)) this.dismiss(next.key);
          else this.change(next.key, { refused: error.problem, attempts } as Partial<Item>);
        }
      }
    } finally {
      this.isFlushing = false;
    }
    return taken;
  }

  protected change(key: string, to: Partial<Item>): void {
    this.store(this.all.map((one) => (one.key === key ? { ...one, ...to } : one)));
  }

  private store(all: Item[]): void {
    this.all = all;
    this.ways.shelf.setItem(this.ways.shelfKey, JSON.stringify(all));
    for (const tell of this.listeners) tell();
  }

  private load(): Item[] {
    try {
      const kept: unknown = JSON.parse(this.ways.shelf.getItem(this.ways.shelfKey) ?? "[]");
      return Array.isArray(kept) ? (kept as Item[]) : [];
    } catch {
      return [];
    }
  }
}
