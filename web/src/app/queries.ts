// What several rooms look at: one key each, so that one live event refreshes all of them.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { cameras, dispatch, hits, units, watchlists } from "./api/calls";
import type { Camera, Hit, Id, Incident, IncidentKind, LegalBasis, Page } from "./api/types";
import { useSession } from "./session";

/** A new list reaches every console within so long. */
const KINDS_MS = 600_000;

export function useHits() {
  const { may } = useSession();
  return useQuery({
    queryKey: ["hits", "queue"],
    enabled: may("hits.watch"),
    queryFn: async (): Promise<Hit[]> => {
      const [raised, recent] = await Promise.all([hits.list("raised", 100), hits.list("", 50)]);
      const byId = new Map<Id, Hit>();
      for (const hit of [...raised.items, ...recent.items]) byId.set(hit.id, hit);
      return queueOrder([...byId.values()]);
    },
  });
}

/** Raised before decided, newest first: what waits for a person is never below what does not. */
export function queueOrder(all: Hit[]): Hit[] {
  const waits = (hit: Hit) => (hit.state === "raised" ? 0 : 1);
  return all.sort((a, b) => waits(a) - waits(b) || b.raised_at_us - a.raised_at_us);
}

/** Shows what the queue knows at once, and what the server says a moment later. */
export function useHit(id: Id) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["hits", id],
    queryFn: () => hits.get(id),
    placeholderData: () => client.getQueryData<Hit[]>(["hits", "queue"])?.find((hit) => hit.id === id),
  });
}

export function useIncident(id: Id) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["incidents", "one", id],
    queryFn: () => dispatch.incident(id),
    placeholderData: () =>
      client.getQueryData<Incident[]>(["incidents", "open"])?.find((one) => one.id === id),
  });
}

export function useIncidents(state: "open" | "closed" | "all" = "open", isOn = true) {
  const { may } = useSession();
  return useQuery({
    queryKey: ["incidents", state],
    enabled: isOn && may("dispatch.watch"),
    queryFn: async () => (await dispatch.incidents(state)).items,
  });
}

export function useUnits(isOn = true) {
  const { may } = useSession();
  return useQuery({
    queryKey: ["units"],
    enabled: isOn && may("units.watch"),
    queryFn: async () => (await units.list()).items,
    refetchInterval: 60_000,
  });
}

async function allCameras(): Promise<Camera[]> {
  const all: Camera[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Camera> = await cameras.list(cursor);
    all.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}

export function useCameras() {
  const { may } = useSession();
  return useQuery({
    queryKey: ["cameras"],
    enabled: may("cameras.read"),
    queryFn: allCameras,
    staleTime: 300_000,
  });
}

/** The title of a 110 kind in the person's language. */
export function useKindTitle(): (key: string) => string {
  const { i18n } = useTranslation();
  const kinds = useKinds().data;
  const { language } = i18n;
  // The same function as long as it says the same: maps draw what it says anew when it changes.
  return useCallback(
    (key) => {
      const kind = kinds?.find((k) => k.key === key);
      if (!kind) return key;
      return language === "en" ? kind.title_en : kind.title_zh;
    },
    [kinds, language],
  );
}

/** All that were ever known: incidents of retired ones are still read. */
export function useKinds() {
  return useQuery({
    queryKey: ["incident-kinds"],
    queryFn: async () => (await dispatch.kinds()).items,
    staleTime: KINDS_MS,
  });
}

/** Those that an incident may be opened of now. */
export function usableKinds(kinds: IncidentKind[], now_us: number): IncidentKind[] {
  return kinds.filter((kind) => !kind.retired && (kind.active_from_us ?? 0) <= now_us);
}

export function useLegalBases() {
  const { may } = useSession();
  return useQuery({
    queryKey: ["legal-bases"],
    enabled: may("watchlists.read"),
    queryFn: async () => (await watchlists.legalBases()).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useBasis(): (key: string) => { title: string; article: string } {
  const { i18n } = useTranslation();
  const bases = useLegalBases();
  return (key) => {
    const basis: LegalBasis | undefined = bases.data?.find((b) => b.key === key);
    if (!basis) return { title: key, article: "" };
    return { title: i18n.language === "en" ? basis.title_en : basis.title_zh, article: basis.article };
  };
}
