// What is half written down about a call, for as long as this page lives: whoever takes another call, or looks something up, finds it
// again. Nothing of it is stored: it is about people.

import { useCallback, useSyncExternalStore } from "react";
import type { Id, Incident, Wgs84 } from "../../app/api/types";
import type { OpenedByHand } from "../../app/api/types.dispatch";
import type { Call } from "../../app/api/types.intake";
import type { PlaceCandidate } from "../../app/api/types.places";

export interface Draft {
  origin: OpenedByHand;
  kind: string | null;
  priority: string | null;
  summary: string;
  address: string;
  taken: PlaceCandidate | null;
  place: Wgs84 | null;
  /** Opened or joined already, while the call could not be settled: nothing is opened twice. */
  written: Incident | null;
}

/** One person's drafts: by call, or under "new" what somebody tells in another way. */
export type DraftKey = `${Id}/${Id | "new"}`;

type Changed = Partial<Draft>;

const kept = new Map<string, Changed>();
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function draftOf(key: DraftKey): Changed | undefined {
  return kept.get(key);
}

export function changeDraft(key: DraftKey, change: Changed): void {
  kept.set(key, { ...kept.get(key), ...change });
  tell();
}

export function dropDraft(key: DraftKey): void {
  if (kept.delete(key)) tell();
}

/**
 * Keeps of a person's drafts those whose call still waits, the one without a call, and whatever was opened while its call was settled
 * by another; of other persons' none.
 */
export function keepDrafts(person: Id, calls: Id[]): void {
  const keys = new Set<string>([...calls, "new"].map((call) => `${person}/${call}`));
  const isKept = (key: string, { written }: Changed) =>
    keys.has(key) || (written && key.startsWith(`${person}/`));
  const gone = [...kept].filter(([key, draft]) => !isKept(key, draft)).map(([key]) => key);
  for (const key of gone) kept.delete(key);
  if (gone.length > 0) tell();
}

/** What was typed, over what the call itself says: a place that the exchange learns later shows until somebody sets another. */
export function whole(changed: Changed | undefined, call: Call | null): Draft {
  return {
    origin: "call",
    kind: null,
    priority: null,
    summary: call?.text ?? "",
    address: "",
    taken: null,
    place: call?.position ?? null,
    written: null,
    ...changed,
  };
}

export interface DraftInHand {
  draft: Draft;
  isTouched: boolean;
  change: (change: Changed) => void;
  drop: () => void;
}

export function useDraft(key: DraftKey, call: Call | null): DraftInHand {
  const changed = useSyncExternalStore(subscribe, () => kept.get(key));
  const change = useCallback((next: Changed) => changeDraft(key, next), [key]);
  const drop = useCallback(() => dropDraft(key), [key]);
  return { draft: whole(changed, call), isTouched: changed !== undefined, change, drop };
}
