import { useCallback, useEffect, useState } from "react";
import { useLocation } from "wouter";
import type { Id, Me } from "./api/types";
import { useSession } from "./session";

/** Goes inside once the session is known there: a step earlier, the guard would send the person back out. */
export function useArrival(): (who: Me, to: string) => void {
  const { me, signedIn } = useSession();
  const [, go] = useLocation();
  const [goal, setGoal] = useState<{ id: Id; to: string } | null>(null);
  useEffect(() => {
    if (goal && me?.id === goal.id) go(goal.to, { replace: true });
  }, [goal, me, go]);
  return useCallback(
    (who, to) => {
      signedIn(who);
      setGoal({ id: who.id, to });
    },
    [signedIn],
  );
}
