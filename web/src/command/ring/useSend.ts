// Sends the orders that a person has pressed, one after the other; what fails does not stop the rest.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dispatch } from "../../app/api/calls";
import type { Assignment, Id, Incident, RingOrder, RingPlan } from "../../app/api/types";
import { tellOf } from "./ring";

export type Sending = { state: "sending" } | { state: "sent" } | { state: "failed"; error: unknown };

export interface Sender {
  isBusy: boolean;
  isTelling: boolean;
  of: (unit: Id) => Sending | undefined;
  send: (orders: RingOrder[]) => Promise<void>;
  /** The phones of all crews that were sent show their junctions of this ring. */
  tell: () => Promise<void>;
  isTold: (unit: Id) => boolean;
  /** Their phones do not show the junctions: the radio must. */
  untold: unknown;
  /** Those that a person has pressed, with what came of it. */
  results: { order: RingOrder; sending: Sending }[];
}

export function useSend(incident: Id, plan: RingPlan): Sender {
  const client = useQueryClient();
  const [known, setKnown] = useState<ReadonlyMap<Id, { order: RingOrder; sending: Sending }>>(new Map());
  const tell = (order: RingOrder, sending: Sending) =>
    setKnown((old) => new Map(old).set(order.unit, { order, sending }));
  const [told, setTold] = useState<ReadonlySet<string>>(new Set());
  const [untold, setUntold] = useState<unknown>(null);
  const results = [...known.values()];
  // The server has said so: the row need not wait for the list to come again, and no second press falls in between.
  const show = (made: Assignment) =>
    client.setQueryData<Incident>(["incidents", "one", incident], (old) =>
      old ? { ...old, assignments: [...old.assignments.filter((a) => a.id !== made.id), made] } : old,
    );

  const inPlan = (unit: Id) => `${plan.asked_at_us} ${unit}`;
  const [isTelling, setTelling] = useState(false);
  const tellThem = async () => {
    setTelling(true);
    try {
      // Always the whole ring: whoever is not named in the newest is told that it is superseded. The server leaves out who was not sent.
      const answer = await dispatch.tellRing(incident, tellOf(plan));
      setTold((old) => new Set([...old, ...answer.told.map(inPlan)]));
      setUntold(null);
    } catch (error) {
      setUntold(error);
    } finally {
      setTelling(false);
    }
  };

  // Whoever is ranked first for the place itself is not whom the ring needs there.
  const send = async (orders: RingOrder[]) => {
    for (const order of orders) tell(order, { state: "sending" });
    let isAnySent = false;
    for (const order of orders) {
      try {
        show(await dispatch.assign(incident, order.unit, "by_plan"));
        tell(order, { state: "sent" });
        isAnySent = true;
      } catch (error) {
        tell(order, { state: "failed", error });
      }
    }
    if (isAnySent) await tellThem();
    for (const name of ["incidents", "units", "recommendations"])
      void client.invalidateQueries({ queryKey: [name] });
  };

  return {
    isBusy: isTelling || results.some((one) => one.sending.state === "sending"),
    isTelling,
    of: (unit) => known.get(unit)?.sending,
    send,
    tell: tellThem,
    isTold: (unit) => told.has(inPlan(unit)),
    untold,
    results,
  };
}
