// Sends the orders that a person has pressed, one after the other; what fails does not stop the rest.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dispatch } from "../../app/api/calls";
import type { Assignment, Id, Incident, RingOrder } from "../../app/api/types";

export type Sending = { state: "sending" } | { state: "sent" } | { state: "failed"; error: unknown };

export interface Sender {
  isBusy: boolean;
  of: (unit: Id) => Sending | undefined;
  send: (orders: RingOrder[]) => Promise<void>;
  /** Those that a person has pressed, with what came of it. */
  results: { order: RingOrder; sending: Sending }[];
}

export function useSend(incident: Id): Sender {
  const client = useQueryClient();
  const [known, setKnown] = useState<ReadonlyMap<Id, { order: RingOrder; sending: Sending }>>(new Map());
  const tell = (order: RingOrder, sending: Sending) =>
    setKnown((old) => new Map(old).set(order.unit, { order, sending }));
  const results = [...known.values()];
  // The server has said so: the row need not wait for the list to come again, and no second press falls in between.
  const show = (made: Assignment) =>
    client.setQueryData<Incident>(["incidents", "one", incident], (old) =>
      old ? { ...old, assignments: [...old.assignments.filter((a) => a.id !== made.id), made] } : old,
    );

  const send = async (orders: RingOrder[]) => {
    for (const order of orders) tell(order, { state: "sending" });
    for (const order of orders) {
      try {
        show(await dispatch.assign(incident, order.unit));
        tell(order, { state: "sent" });
      } catch (error) {
        tell(order, { state: "failed", error });
      }
    }
    for (const name of ["incidents", "units", "recommendations"])
      void client.invalidateQueries({ queryKey: [name] });
  };

  return {
    isBusy: results.some((one) => one.sending.state === "sending"),
    of: (unit) => known.get(unit)?.sending,
    send,
    results,
  };
}
