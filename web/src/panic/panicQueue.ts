// A cry for help on its way: kept on the phone, tried each second until the server has said yes or no.

import { ApiError } from "../app/api/client";
import type { Incident } from "../app/api/types";
import type { RaisePanic } from "../app/api/types.choice";
import { Outbox, type Shelf, type Waiting } from "../patrol/outbox";

export type Cry = { act: "raise"; body: RaisePanic } | { act: "cancel"; reason: string };
export type QueuedCry = Waiting & Cry;

/** Kept when the app is closed, and when somebody signs out: only the same person's phone may send it. */
const SHELF_KEY = "shouhu-panic";
/** A cry, that it is over, and a cry again; more says nothing new. */
const MAX = 6;

export interface CryWays {
  raise: (body: RaisePanic, key: string, attempts: number) => Promise<Incident>;
  cancel: (reason: string, key: string, attempts: number) => Promise<Incident>;
}

/** A place that the server does not believe must not silence the cry: it goes again without one. */
async function raise(ways: CryWays, item: QueuedCry & { act: "raise" }): Promise<Incident> {
  try {
    return await ways.raise(item.body, item.key, item.attempts);
  } catch (error) {
    const isAboutPlace = error instanceof ApiError && error.status === 422 && item.body.position;
    if (!isAboutPlace) throw error;
    return ways.raise({}, `${item.key}-nowhere`, item.attempts);
  }
}

export class PanicQueue extends Outbox<QueuedCry, Incident> {
  /** Where the server's word goes; a screen that is there sets it. */
  onTaken: ((item: QueuedCry, incident: Incident) => void) | null = null;

  constructor(shelf: Shelf, ways: CryWays) {
    super({
      shelf,
      shelfKey: SHELF_KEY,
      max: MAX,
      send: (item) =>
        item.act === "raise" ? raise(ways, item) : ways.cancel(item.reason, item.key, item.attempts),
      onTaken: (item, incident) => this.onTaken?.(item, incident),
    });
  }

  /** Pressed again while the first is on its way: it is the same cry. Refused ones give way. */
  cry(item: Omit<Waiting, "attempts" | "refused"> & Cry): boolean {
    for (const one of this.items) if (one.refused) this.dismiss(one.key);
    const last = this.items.at(-1);
    if (last?.actor === item.actor && last.act === item.act) return true;
    return this.add(item);
  }
}
