// What the page of tours asks for, and its state in the address.

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { tours } from "../app/api/calls.tours";
import type { Id } from "../app/api/types";
import type { AskTours, TourPlan } from "../app/api/types.tours";

/** Stops turn by the clock, by check-ins and by jobs. */
const REFRESH_MS = 30_000;

export function usePlans(station: string, state: string) {
  return useInfiniteQuery({
    queryKey: ["tours", "list", station, state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => tours.list(station, state, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function usePlan(id: Id) {
  return useQuery({
    queryKey: ["tours", "one", id],
    queryFn: () => tours.get(id),
    enabled: id !== "",
    refetchInterval: REFRESH_MS,
  });
}

/** Each decision gives the plan as it then is. */
export function usePlanActs() {
  const client = useQueryClient();
  const taken = (plan: TourPlan) => {
    client.setQueryData(["tours", "one", plan.id], plan);
    void client.invalidateQueries({ queryKey: ["tours"] });
  };
  return {
    make: useMutation({ mutationFn: (ask: AskTours) => tours.plan(ask), onSuccess: taken }),
    publish: useMutation({ mutationFn: (id: Id) => tours.publish(id), onSuccess: taken }),
    discard: useMutation({
      mutationFn: ({ id, reason }: { id: Id; reason: string }) => tours.discard(id, reason),
      onSuccess: taken,
    }),
  };
}

export type TourParams = Record<"tab" | "station" | "state" | "plan" | "unit" | "stop" | "days", string>;

export function useTourParams(): [TourParams, (next: Partial<TourParams>) => void] {
  const [params, setParams] = useSearchParams();
  const at = (name: string) => params.get(name) ?? "";
  const now: TourParams = {
    tab: at("tab"),
    station: at("station"),
    state: at("state"),
    plan: at("plan"),
    unit: at("unit"),
    stop: at("stop"),
    days: at("days"),
  };
  const change = (next: Partial<TourParams>) =>
    setParams(
      (old) => {
        const made = new URLSearchParams(old);
        for (const [name, value] of Object.entries(next)) {
          if (value) made.set(name, value);
          else made.delete(name);
        }
        return made;
      },
      // Looking along a tour is no place to go back to.
      { replace: next.stop !== undefined && next.plan === undefined && next.tab === undefined },
    );
  return [now, change];
}
