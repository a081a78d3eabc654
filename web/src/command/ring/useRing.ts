// One pursuit's question and its last answer. A mutation, not a query: nothing asks again but a person, so that no order
// changes under a finger that is about to send it.

import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { dispatch } from "../../app/api/calls";
import type { AskRing, Id, RingPlan, Wgs84 } from "../../app/api/types";

export interface HeldPlan {
  plan: RingPlan;
  question: AskRing;
  /** By this machine's clock, when the question went out: seconds count from here, whatever the server's clock says. */
  since_ms: number;
}

interface Pursuit {
  incident: Id | null;
  /** Where he was seen, when it is not the incident's place. */
  place: Wgs84 | null;
  /** The next click on the map says where. */
  isPlacing: boolean;
  held: HeldPlan | null;
}

export interface RingAsking extends Omit<Pursuit, "incident"> {
  isAsking: boolean;
  error: Error | null;
  ask: (question: AskRing) => void;
  setPlace: (place: Wgs84 | null) => void;
  setPlacing: (isPlacing: boolean) => void;
}

const fresh = (incident: Id | null): Pursuit => ({ incident, place: null, isPlacing: false, held: null });

export function sameQuestion(a: AskRing, b: AskRing): boolean {
  return (
    a.seen_at_us === b.seen_at_us &&
    a.horizon_s === b.horizon_s &&
    a.position?.lon === b.position?.lon &&
    a.position?.lat === b.position?.lat
  );
}

interface Asked {
  incident: Id;
  question: AskRing;
  since_ms: number;
}

export function useRing(incident: Id | null): RingAsking {
  const [kept, setKept] = useState<Pursuit>(fresh(incident));
  const pursuit = kept.incident === incident ? kept : fresh(incident);
  const shown = useRef(incident);
  shown.current = incident;
  const change = (to: Partial<Pursuit>) =>
    setKept((old) => ({ ...(old.incident === incident ? old : fresh(incident)), ...to }));
  const asking = useMutation({
    mutationFn: (asked: Asked) => dispatch.ring(asked.incident, asked.question),
    onSuccess: (plan, { incident: about, question, since_ms }) => {
      // The person may have gone to another incident meanwhile: an answer never lands on the wrong one.
      if (about !== shown.current) return;
      change({ held: { plan, question, since_ms } });
    },
  });
  const isMine = asking.variables?.incident === incident;
  const isAsking = asking.isPending && isMine;
  return {
    ...pursuit,
    isAsking,
    error: isMine ? asking.error : null,
    ask: (question) => {
      if (!incident || isAsking) return;
      const isNew = !pursuit.held || !sameQuestion(pursuit.held.question, question);
      change({ isPlacing: false, ...(isNew ? { held: null } : {}) });
      asking.mutate({ incident, question, since_ms: Date.now() });
    },
    setPlace: (place) => change({ place, isPlacing: false }),
    setPlacing: (isPlacing) => change({ isPlacing }),
  };
}
