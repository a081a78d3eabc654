// Warnings as the pages ask for them: one key, so that one live event refreshes all.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { warnings } from "../app/api/calls.warnings";
import type { Id } from "../app/api/types";
import type { Warning } from "../app/api/types.warnings";
import { useSession } from "../app/session";
import { groupsOf } from "./words";

/** In force, and drafts. */
export function useCurrentWarnings() {
  const { may } = useSession();
  return useQuery({
    queryKey: ["warnings", "current"],
    enabled: may("warnings.watch"),
    queryFn: warnings.current,
    refetchInterval: 60_000,
  });
}

/** Those in force, the worst first; `now_ms` may lag, so that the clock does not draw the map anew each second. */
export function useInForce(now_ms: number): Warning[] {
  const current = useCurrentWarnings();
  return useMemo(() => groupsOf(current.data ?? [], now_ms).in_force, [current.data, now_ms]);
}

/** Everything, page by page; asked for only when somebody wants to see what is over. */
export function useAllWarnings(isOn: boolean) {
  return useInfiniteQuery({
    queryKey: ["warnings", "all"],
    enabled: isOn,
    queryFn: ({ pageParam }) => warnings.all(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function useWarning(id: Id) {
  return useQuery({ queryKey: ["warnings", "one", id], queryFn: () => warnings.get(id) });
}
