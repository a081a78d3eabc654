// What the page of tours asks for, and its state in the address.

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { tours } from "../app/api/calls.tours";
import type { Id } from "../app/api/types";
import type { PlanDeclined } from "../app/api/types.reasons";
import type { AskTours, TourPlan } from "../app/api/types.tours";
import { useUrlState } from "../app/useUrlState";

/** Stops turn by the clock, by check-ins and by jobs. */
const REFRESH_MS = 30_000;

export function usePlans(station: string, state: string) {
  return useInfiniteQuery({
    queryKey: ["tours", "list", station, state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => tours.list(station, state, pageParam),
    getNextPageParam: (last) => last.next_cursor,
    // A job may bring a proposal at any time.
    refetchInterval: REFRESH_MS,
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
      mutationFn: ({ id, code, reason }: { id: Id; code: PlanDeclined; reason: string }) =>
        tours.discard(id, code, reason),
      onSuccess: taken,
    }),
  };
}

const PARAMS = ["tab", "station", "state", "plan", "unit", "stop", "days"] as const;
export type TourParams = Record<(typeof PARAMS)[number], string>;

/** Looking along a tour is no place to go back to. */
const isStep = (next: Partial<TourParams>) =>
  next.stop === undefined || next.plan !== undefined || next.tab !== undefined;

export const useTourParams = () => useUrlState(PARAMS, isStep);
