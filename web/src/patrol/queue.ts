// The phone's one queue of steps.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { dispatch } from "../app/api/calls";
import { newKey } from "../app/api/client";
import type { AssignmentStep, Id } from "../app/api/types";
import { useSession } from "../app/session";
import { useFlushing } from "./flushing";
import { takeAnswer } from "./mine";
import { OfflineQueue, type QueuedStep } from "./offlineQueue";

const queue = new OfflineQueue(window.localStorage, dispatch.step);

export interface StepQueue {
  items: QueuedStep[];
  take: (assignment: Id, step: AssignmentStep) => boolean;
  dismiss: (key: string) => void;
  retry: () => void;
}

export function useStepQueue(): StepQueue {
  const { me } = useSession();
  const client = useQueryClient();
  const items = useSyncExternalStore(queue.subscribe, () => queue.items);
  const actor = me?.id ?? "";

  const retry = useCallback(async () => {
    const taken = await queue.flush(actor);
    if (taken > 0) await client.invalidateQueries({ queryKey: ["my-assignments"] });
  }, [actor, client]);

  // Before the first flush, which the next line begins.
  useEffect(() => {
    queue.onTaken = (answer) => takeAnswer(client, window.localStorage, answer);
  }, [client]);
  useFlushing(queue, retry);

  return {
    items: items.filter((one) => one.actor === actor),
    take: (assignment, step) => {
      const isKept = queue.add({ key: newKey(), actor, assignment, step, queued_at_us: Date.now() * 1000 });
      void retry();
      return isKept;
    },
    dismiss: (key) => queue.dismiss(key),
    retry: () => void retry(),
  };
}
