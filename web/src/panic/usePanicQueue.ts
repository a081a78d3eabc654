// The phone's one queue of cries for help.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { units } from "../app/api/calls";
import { panic as calls } from "../app/api/calls.choice";
import { newKey } from "../app/api/client";
import type { Id, Incident } from "../app/api/types";
import type { Panic } from "../app/api/types.choice";
import { useSession } from "../app/session";
import { useFlushing } from "../patrol/flushing";
import { currentHere, isFreshFix, positionNow } from "../patrol/position";
import { PanicQueue, type QueuedCry } from "./panicQueue";
import { PANICS, takePanic } from "./panics";

const queue = new PanicQueue(window.localStorage, calls);
const AGAIN_MS = 1_000;
/** An older place says less than none: they would search where the officer was. */
const PLACE_MAX_US = 120_000_000;

function panicOf(incident: Incident, unit: Id, known: Panic | undefined, state: Panic["state"]): Panic {
  if (known) return { ...known, state };
  return {
    incident: incident.id,
    incident_number: incident.number,
    unit,
    call_sign: "",
    position: incident.position,
    position_at_us: null,
    raised_at_us: incident.opened_at_us,
    state,
    acknowledged_by: null,
  };
}

/** The cry goes at once with what the phone knows; a better place follows as a position. */
async function sendPlace(): Promise<void> {
  const fix = await positionNow(null);
  if (fix) await units.position({ ...fix, measured_at_us: Date.now() * 1000 });
}

/** Whoever it was: a session may end before the cry has left, and then nobody may send it but the radio. */
export function useUnsentCry(): boolean {
  const items = useSyncExternalStore(queue.subscribe, () => queue.items);
  return items.some((one) => one.act === "raise");
}

export interface PanicWays {
  items: QueuedCry[];
  cry: () => void;
  safe: (reason: string) => void;
  dismiss: (key: string) => void;
}

export function usePanicQueue(unit: Id): PanicWays {
  const { me } = useSession();
  const client = useQueryClient();
  const items = useSyncExternalStore(queue.subscribe, () => queue.items);
  const actor = me?.id ?? "";
  const flush = useCallback(async () => {
    if (actor) await queue.flush(actor);
  }, [actor]);

  useEffect(() => {
    queue.onTaken = (item, incident) => {
      const known = client.getQueryData<Panic[]>(PANICS)?.find((one) => one.incident === incident.id);
      // A cry that arrived under a dispatcher's eyes may have been answered before its own answer came back.
      const state =
        item.act === "cancel" ? "cancelled" : known?.state === "acknowledged" ? "acknowledged" : "raised";
      takePanic(client, panicOf(incident, unit, known, state));
      void client.invalidateQueries({ queryKey: PANICS });
    };
  }, [client, unit]);
  useFlushing(queue, flush);
  const isWaiting = items.some((one) => one.actor === actor && one.refused === null);
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => void flush(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [isWaiting, flush]);

  const item = () => ({ key: newKey(), actor, queued_at_us: Date.now() * 1000 });
  return {
    items: items.filter((one) => one.actor === actor),
    cry: () => {
      const here = currentHere();
      const now_us = Date.now() * 1000;
      const isKnown = here !== null && now_us - here.measured_at_us < PLACE_MAX_US;
      queue.cry({
        ...item(),
        act: "raise",
        body: isKnown
          ? {
              position: here.position,
              measured_at_us: here.measured_at_us,
              ...(here.accuracy_m == null ? {} : { accuracy_m: here.accuracy_m }),
            }
          : {},
      });
      void flush();
      if (!isFreshFix(here, now_us)) sendPlace().catch(() => undefined);
    },
    safe: (reason) => {
      queue.cry({ ...item(), act: "cancel", reason });
      void flush();
    },
    dismiss: (key) => queue.dismiss(key),
  };
}
