// What the chief's page asks for, and its state in the address.

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { type All, type BoxQuery, patrol } from "../app/api/calls.patrol";
import type { PatrolBox } from "../app/api/types.patrol";
import { useUrlState } from "../app/useUrlState";

/** States turn by the clock as well as by check-ins. */
const REFRESH_MS = 60_000;

export function useSummary() {
  return useQuery({
    queryKey: ["patrol-summary"],
    queryFn: patrol.summary,
    refetchInterval: REFRESH_MS,
  });
}

/** Every station that has a box, as the summary names them. */
export function useStations(): string[] {
  return useSummary().data?.stations.map((one) => one.station) ?? [];
}

export function useBoxes(query: BoxQuery) {
  return useQuery({
    queryKey: ["patrol-boxes", query.q, query.station, query.state],
    queryFn: ({ signal }) => patrol.boxes(query, signal),
    refetchInterval: REFRESH_MS,
    // Typing must not blink the list away.
    placeholderData: keepPreviousData,
  });
}

/** Puts a changed box where it stands, so that what was just done can still be seen and undone there. */
export function useBoxChanged(): (box: PatrolBox) => void {
  const client = useQueryClient();
  return (box) => {
    client.setQueriesData<All<PatrolBox>>({ queryKey: ["patrol-boxes"] }, (old) =>
      old ? { ...old, items: old.items.map((one) => (one.id === box.id ? box : one)) } : old,
    );
    void client.invalidateQueries({ queryKey: ["patrol-summary"] });
  };
}

const PARAMS = ["tab", "q", "station", "state", "box", "view", "doubtful"] as const;
export type BoxParams = Record<(typeof PARAMS)[number], string>;

/** Each letter of a search is no place to go back to. */
const isStep = (next: Partial<BoxParams>) => next.q === undefined || next.tab !== undefined;

export const useBoxParams = () => useUrlState(PARAMS, isStep);
