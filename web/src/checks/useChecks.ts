import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { checks as calls } from "../app/api/calls.shifts";
import { newKey } from "../app/api/client";
import type { Id } from "../app/api/types";
import type { Check, CrewSays } from "../app/api/types.shifts";
import { useSession } from "../app/session";
import { useFlushing } from "../patrol/flushing";
import { CheckQueue, type QueuedAnswer } from "./checkQueue";

/** The stream tells at once; asking is for what it may have missed. */
const ASK_EACH_MS = 10_000;
const AGAIN_MS = 2_000;

export function useChecks(): Check[] | undefined {
  const query = useQuery({
    queryKey: ["checks"],
    queryFn: async () => (await calls.list()).items,
    refetchInterval: ASK_EACH_MS,
    refetchIntervalInBackground: true,
  });
  return query.data;
}

const queue = new CheckQueue(window.localStorage, calls.answer);

export interface MyCheck {
  check: Check | undefined;
  /** Said, and not with the server yet. */
  waiting: QueuedAnswer | undefined;
  refused: QueuedAnswer[];
  say: (check: Id, says: CrewSays) => void;
  dismiss: (key: string) => void;
}

export function useMyCheck(): MyCheck {
  const { me } = useSession();
  const client = useQueryClient();
  const actor = me?.id ?? "";
  const items = useSyncExternalStore(queue.subscribe, () => queue.items);
  const query = useQuery({
    queryKey: ["my-check"],
    queryFn: async () => (await calls.mine()).items,
    refetchInterval: ASK_EACH_MS,
  });
  const flush = useCallback(async () => {
    if (actor) await queue.flush(actor);
  }, [actor]);
  useEffect(() => {
    queue.onTaken = () => {
      for (const name of ["my-check", "checks", "panics"])
        void client.invalidateQueries({ queryKey: [name] });
    };
  }, [client]);
  useFlushing(queue, flush);
  const isWaiting = items.some((one) => one.actor === actor && one.refused === null);
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => void flush(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [isWaiting, flush]);
  const check = query.data?.[0];
  const said = check ? queue.saidTo(check.id, actor) : undefined;
  return {
    check,
    waiting: said?.refused === null ? said : undefined,
    refused: items.filter((one) => one.actor === actor && one.refused !== null),
    say: (id, says) => {
      queue.add({ key: newKey(), actor, check: id, says, queued_at_us: Date.now() * 1000 });
      void flush();
    },
    dismiss: (key) => queue.dismiss(key),
  };
}
