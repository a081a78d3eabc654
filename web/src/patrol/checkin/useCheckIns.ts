// The phone's check-ins: what waits, what the server said, and what is needed to make another.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState, useSyncExternalStore } from "react";
import { patrol } from "../../app/api/calls.patrol";
import { newKey } from "../../app/api/client";
import type { Id, ReportPosition } from "../../app/api/types";
import type { CheckIn } from "../../app/api/types.patrol";
import { useSession } from "../../app/session";
import { useFlushing } from "../flushing";
import { positionNow } from "../position";
import { CheckInQueue, type QueuedCheckIn } from "./checkInQueue";
import { kindOf, needsNonce } from "./code";
import { NonceStock } from "./nonceStock";

export interface Taken {
  key: string;
  actor: Id;
  checkIn: CheckIn;
}

/** Why a reading did not become a check-in; the phone says so at once instead of the server hours later. */
export type Stop = "unreadable" | "plain_uid" | "no_position" | "no_nonce" | "full" | "no_clipboard";

const SHOWN_MAX = 8;

/** In memory only: a briefing names cases, and the phone keeps none of them. */
let taken: Taken[] = [];
const listeners = new Set<() => void>();
function setTaken(next: Taken[]): void {
  taken = next;
  for (const tell of listeners) tell();
}
const subscribeTaken = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

const queue = new CheckInQueue(window.localStorage, patrol.checkIn, ({ key, actor }, checkIn) =>
  setTaken([{ key, actor, checkIn }, ...taken].slice(0, SHOWN_MAX)),
);
const stock = new NonceStock(window.localStorage, patrol.nonces, () => Date.now() * 1000);

/** The stock; without one a last attempt to get one, for a phone that has just come back to the line. */
async function nonceFor(code: string, actor: Id): Promise<string | null | undefined> {
  if (!needsNonce(code)) return undefined;
  const kept = stock.take(actor);
  if (kept) return kept;
  await stock.refill(actor).catch(() => undefined);
  return stock.take(actor);
}

export interface CheckIns {
  waiting: QueuedCheckIn[];
  refused: QueuedCheckIn[];
  taken: Taken[];
  /** A place is being found for a code that has been read. */
  isLocating: boolean;
  /** Null until the first look. */
  noncesLeft: number | null;
  read: (code: string, here: ReportPosition | null) => Promise<Stop | null>;
  dismiss: (key: string) => void;
  close: (key: string) => void;
  retry: () => void;
}

export function useCheckIns(): CheckIns {
  const { me } = useSession();
  const client = useQueryClient();
  const items = useSyncExternalStore(queue.subscribe, () => queue.items);
  const all = useSyncExternalStore(subscribeTaken, () => taken);
  const [isLocating, setLocating] = useState(false);
  const [noncesLeft, setNoncesLeft] = useState<number | null>(null);
  const actor = me?.id ?? "";

  const flush = useCallback(async () => {
    if (!actor) return;
    const count = await queue.flush(actor);
    await stock.refill(actor).catch(() => undefined);
    setNoncesLeft(stock.left(actor));
    if (count === 0) return;
    await Promise.all(
      ["patrol-boxes", "near-boxes"].map((key) => client.invalidateQueries({ queryKey: [key] })),
    );
  }, [actor, client]);
  useFlushing(queue, flush);

  const read = async (code: string, here: ReportPosition | null): Promise<Stop | null> => {
    const read_at_us = Date.now() * 1000;
    const kind = kindOf(code);
    if (kind === null) return "unreadable";
    if (kind === "uid") return "plain_uid";
    setLocating(true);
    try {
      const fix = await positionNow(here);
      if (!fix && kind === "printed") return "no_position";
      const nonce = await nonceFor(code, actor);
      if (nonce === null) return "no_nonce";
      const isKept = queue.add({
        key: newKey(),
        actor,
        code,
        measured_at_us: read_at_us,
        queued_at_us: read_at_us,
        position: fix?.position ?? null,
        accuracy_m: fix?.accuracy_m ?? null,
        nonce: nonce ?? null,
      });
      if (!isKept) return "full";
    } finally {
      setLocating(false);
    }
    void flush();
    return null;
  };

  const mine = items.filter((one) => one.actor === actor);
  return {
    waiting: mine.filter((one) => one.refused === null),
    refused: mine.filter((one) => one.refused !== null),
    taken: all.filter((one) => one.actor === actor),
    isLocating,
    noncesLeft,
    read,
    dismiss: (key) => queue.dismiss(key),
    close: (key) => setTaken(taken.filter((one) => one.key !== key)),
    retry: () => void flush(),
  };
}
