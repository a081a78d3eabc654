// Asks which open incidents a call may be about, while it is written down: about what stands there now, a few times a minute.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { intake } from "../../app/api/calls.intake";
import type { AskDuplicates, Duplicate } from "../../app/api/types.intake";

const PAUSE_MS = 400;
/** What was said is not kept in this machine's memory for longer than a call lasts. */
const FORGOTTEN_MS = 60_000;
/** Another dispatcher opens the same one meanwhile. */
const AGAIN_MS = 10_000;

/** Nothing is asked before there is a place, or a kind with an address or a caller. */
export function isWorthAsking({ kind, position, address, call }: AskDuplicates): boolean {
  return position !== null || (kind !== null && (call !== null || address.trim().length > 1));
}

export function useDuplicates(said: AskDuplicates, isOn: boolean): Duplicate[] {
  const { kind, position, address, call } = said;
  const [asked, setAsked] = useState<AskDuplicates | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setAsked({ kind, position, address: address.trim(), call }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [kind, position, address, call]);
  const isAsked = isOn && asked !== null && isWorthAsking(asked);
  const query = useQuery({
    // Not below "incidents": the live stream would ask again for each change of each incident.
    queryKey: [
      "duplicates",
      asked?.call,
      asked?.kind,
      asked?.position?.lon,
      asked?.position?.lat,
      asked?.address,
    ],
    queryFn: ({ signal }) => intake.duplicates(asked ?? said, signal),
    enabled: isAsked,
    staleTime: AGAIN_MS,
    gcTime: FORGOTTEN_MS,
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });
  return isAsked ? (query.data?.items ?? []) : [];
}
