// The crew's tour: as the server last told it, with what waits on the phone.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { tours } from "../../app/api/calls.tours";
import { newKey, OfflineError } from "../../app/api/client";
import type { CrewTour, GivenReason, MarkStop, MyTour } from "../../app/api/types.tours";
import { useSession } from "../../app/session";
import { useFlushing } from "../flushing";
import { type QueuedMark, TourQueue, withWaiting } from "./tourQueue";

const MINE = ["tours", "mine"];
const KEPT = "shouhu.my-tour";
/** A job shifts a tour, and a crew that drives wants to know soon. */
const REFRESH_MS = 20_000;

const queue = new TourQueue(window.localStorage, tours.mark);

/** A full or barred store costs the copy for later, never the answer that is there. */
function keep(answer: MyTour): void {
  try {
    window.localStorage.setItem(KEPT, JSON.stringify(answer));
  } catch {
    // An older copy would show stops as open that the crew has made.
    dropKept();
  }
}

function dropKept(): void {
  try {
    window.localStorage.removeItem(KEPT);
  } catch {
    // A barred store holds no copy.
  }
}

/** None when there is no copy, or none that can be read. */
function readKept(): MyTour | null {
  try {
    const kept = window.localStorage.getItem(KEPT);
    return kept ? (JSON.parse(kept) as MyTour) : null;
  } catch {
    return null;
  }
}

/** The last known tour stays readable without a network, for the crew that it is of. */
async function fetchTour(unit: string, signal?: AbortSignal): Promise<MyTour> {
  try {
    const answer = await tours.mine(signal);
    keep(answer);
    return answer;
  } catch (error) {
    const kept = error instanceof OfflineError ? readKept() : null;
    if (!kept) throw error;
    return kept.tour?.unit === unit ? kept : { tour: null };
  }
}

export interface OwnTour {
  query: ReturnType<typeof useQuery<MyTour>>;
  tour: CrewTour | null;
  waiting: QueuedMark[];
  refused: QueuedMark[];
  /** False when the phone holds too many unsent words. */
  say: (seq: number, outcome: MarkStop["outcome"], reason?: GivenReason) => boolean;
  dismiss: (key: string) => void;
  retry: () => void;
}

export function useTour(unit: string): OwnTour {
  const { me } = useSession();
  const client = useQueryClient();
  const items = useSyncExternalStore(queue.subscribe, () => queue.items);
  const actor = me?.id ?? "";
  const query = useQuery<MyTour>({
    queryKey: [...MINE, unit],
    queryFn: ({ signal }) => fetchTour(unit, signal),
    refetchInterval: REFRESH_MS,
  });

  useEffect(() => {
    queue.onTaken = async (answer) => {
      // An answer that is on its way was asked for before this word.
      await client.cancelQueries({ queryKey: MINE });
      client.setQueryData([...MINE, unit], answer);
      keep(answer);
    };
  }, [client, unit]);
  const flush = useCallback(async () => {
    const taken = await queue.flush(actor);
    if (taken > 0) await client.invalidateQueries({ queryKey: MINE });
  }, [actor, client]);
  useFlushing(queue, flush);

  const mine = items.filter((one) => one.actor === actor);
  const waiting = mine.filter((one) => one.refused === null);
  const known = query.data?.tour ?? null;
  return {
    query,
    tour: known && withWaiting(known, waiting),
    waiting,
    refused: mine.filter((one) => one.refused !== null),
    say: (seq, outcome, reason) => {
      if (!known) return false;
      const at_us = Date.now() * 1000;
      const mark: MarkStop = { plan: known.plan, seq, outcome, at_us, ...(reason ? { reason } : {}) };
      const isKept = queue.add({ key: newKey(), actor, queued_at_us: at_us, mark });
      void flush();
      return isKept;
    },
    dismiss: (key) => queue.dismiss(key),
    retry: () => void flush(),
  };
}
