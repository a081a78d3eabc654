// Warnings as the pages ask for them: one key, so that one live event refreshes all.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { warnings } from "../app/api/calls.warnings";
import type { Id } from "../app/api/types";
import { useSession } from "../app/session";

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
