// Who calls, as this dispatcher may see them. It is asked for when something is told of, and every five seconds while the link is open:
// whoever misses a place that was only streamed reads the next.

import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { callers } from "../../app/api/calls.caller";
import type { Id, Micros } from "../../app/api/types";
import type { CallerView, LinkState, LiveCaller } from "../../app/api/types.caller";
import { useSession } from "../../app/session";

/** Places stay no longer in this machine's memory than they are looked at. */
const FORGOTTEN_MS = 10_000;
const LIVE: LinkState[] = ["sent", "opened", "agreed", "sharing"];

export const isLive = (view: CallerView | undefined): boolean =>
  view?.link ? LIVE.includes(view.link.state) : false;

export function useCaller(call: Id): UseQueryResult<CallerView> {
  return useQuery({
    queryKey: ["caller", "call", call],
    queryFn: () => callers.of(call),
    gcTime: FORGOTTEN_MS,
    refetchInterval: (query) => (isLive(query.state.data) ? 5_000 : false),
  });
}

export function useCallersOf(incident: Id): UseQueryResult<CallerView[]> {
  return useQuery({
    queryKey: ["caller", "incident", incident],
    queryFn: () => callers.ofIncident(incident),
    gcTime: FORGOTTEN_MS,
    refetchInterval: (query) => (query.state.data?.some((view) => isLive(view)) ? 5_000 : false),
  });
}

export function useLiveCallers(): UseQueryResult<LiveCaller[]> {
  const { may } = useSession();
  return useQuery({
    queryKey: ["callers"],
    queryFn: callers.live,
    enabled: may("calls.take"),
    gcTime: FORGOTTEN_MS,
    refetchInterval: 30_000,
    refetchIntervalInBackground: true,
  });
}

export const unreadOf = (view: CallerView): number =>
  view.words.filter((word) => word.side === "caller" && word.read_at_us === null).length;

/** A page that asks every second and a half and was last heard so long ago is closed, locked or without a network. */
export const SILENT_AFTER_US = 30_000_000;
export const isUnheard = (heard_at_us: Micros | null, now_ms: number): boolean =>
  heard_at_us !== null && now_ms * 1_000 - heard_at_us > SILENT_AFTER_US;

// Links that were made here, for as long as this page lives: the server tells each only once. Never stored.
const made = new Map<Id, { url: string; made_at_us: Micros }>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function keepLink(call: Id, url: string, made_at_us: Micros): void {
  made.set(call, { url, made_at_us });
  for (const listener of listeners) listener();
}

/** The address of the call's newest link, where it was made here; a colleague's newer one took its place. */
export function useKeptLink(call: Id, made_at_us: Micros | undefined): string | null {
  const kept = useSyncExternalStore(subscribe, () => made.get(call));
  return kept && kept.made_at_us === made_at_us ? kept.url : null;
}
