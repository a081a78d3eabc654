// Nonces kept on the phone for boxes without a line. Each one proves that this person's phone spoke to the server shortly
// before a printed code was read, so a photograph of the code sent by a friend is worth nothing.

import type { Id, Micros } from "../../app/api/types";
import type { Nonces } from "../../app/api/types.patrol";
import type { Shelf } from "../outbox";

/** Asked for more below this. */
export const LOW = 5;
/** A shift of visits, so that a day in the hills does not run dry. */
export const FULL = 30;
/** One that ends before the officer has the line back is worth nothing. */
const SPARE_US = 60_000_000;

interface Kept {
  nonce: string;
  expires_at_us: Micros;
}

export type FetchNonces = (count: number) => Promise<Nonces>;

export class NonceStock {
  private isFetching = false;

  constructor(
    private readonly shelf: Shelf,
    private readonly fetchMore: FetchNonces,
    private readonly now_us: () => Micros,
  ) {}

  left(actor: Id): number {
    return this.fresh(actor).length;
  }

  /** The one that ends first; never given twice. Null: only a line helps. */
  take(actor: Id): string | null {
    const [first, ...rest] = this.fresh(actor);
    if (!first) return null;
    this.keep(actor, rest);
    return first.nonce;
  }

  /** Fills up when few are left. Without a line the stock stays as it is. */
  async refill(actor: Id): Promise<void> {
    if (this.isFetching || !actor || this.left(actor) >= LOW) return;
    this.isFetching = true;
    try {
      const { nonces, expires_at_us } = await this.fetchMore(FULL - this.left(actor));
      const made = nonces.map((nonce) => ({ nonce, expires_at_us }));
      this.keep(actor, [...this.fresh(actor), ...made]);
    } finally {
      this.isFetching = false;
    }
  }

  private fresh(actor: Id): Kept[] {
    let kept: unknown;
    try {
      kept = JSON.parse(this.shelf.getItem(shelfKey(actor)) ?? "[]");
    } catch {
      return [];
    }
    if (!Array.isArray(kept)) return [];
    const after_us = this.now_us() + SPARE_US;
    return (kept as Kept[])
      .filter((one) => typeof one?.nonce === "string" && one.expires_at_us > after_us)
      .sort((a, b) => a.expires_at_us - b.expires_at_us);
  }

  private keep(actor: Id, all: Kept[]): void {
    this.shelf.setItem(shelfKey(actor), JSON.stringify(all));
  }
}

/** Signing out throws away what begins with `shouhu.`: a nonce is nobody else's. */
const shelfKey = (actor: Id) => `shouhu.nonces.${actor}`;
