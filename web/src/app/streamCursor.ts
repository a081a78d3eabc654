// Where the live stream stands: what was seen, where to go on, how long to wait before trying again.

import type { Envelope } from "./api/types";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** Facts without a place in the order (positions) are told apart by id only while it could matter. */
const REMEMBERED_IDS = 256;

export class StreamCursor {
  private after: number | null = null;
  private failures = 0;
  private recent: string[] = [];

  get lastSeq(): number | null {
    return this.after;
  }

  /** The address that goes on where the last event ended. */
  url(base = "/v1/events"): string {
    return this.after === null ? base : `${base}?after=${this.after}`;
  }

  /** False for an event that has been seen: delivery is at least once. */
  accept(envelope: Pick<Envelope, "seq" | "id">): boolean {
    if (envelope.seq > 0) {
      if (this.after !== null && envelope.seq <= this.after) return false;
      this.after = envelope.seq;
      return true;
    }
    if (this.recent.includes(envelope.id)) return false;
    this.recent.push(envelope.id);
    if (this.recent.length > REMEMBERED_IDS) this.recent.shift();
    return true;
  }

  /** The server cannot go on from there; the screen refetches all and follows from the given place, or from now. */
  resync(seq: number | null): void {
    this.after = seq;
    this.recent = [];
  }

  /** Where the stream stands when it opens: a line that breaks before the first event goes on from there. */
  hello(seq: number): void {
    this.after ??= seq;
  }

  opened(): void {
    this.failures = 0;
  }

  /** How long to wait before the next try: doubling, bounded, never less than the first. */
  failed(jitter = Math.random()): number {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS);
    this.failures += 1;
    return Math.round(wait * (1 + jitter * 0.3));
  }
}
