// The calls that nobody has dealt with, as this person may see them.

import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { intake } from "../../app/api/calls.intake";
import type { Call, WaitingCalls } from "../../app/api/types.intake";
import { useSession } from "../../app/session";

/** Numbers stay no longer in this machine's memory than the list is looked at. */
const FORGOTTEN_MS = 10_000;

export function useCalls(): UseQueryResult<WaitingCalls> {
  const { may } = useSession();
  return useQuery({
    queryKey: ["calls"],
    enabled: may("calls.take"),
    queryFn: intake.calls,
    gcTime: FORGOTTEN_MS,
    refetchInterval: 30_000,
    refetchIntervalInBackground: true,
  });
}

/** What the next press takes: the call that rings longest. */
export function nextCall(calls: Call[]): Call | null {
  const ringing = calls.filter((call) => call.state === "ringing");
  return ringing.reduce<Call | null>(
    (oldest, call) => (oldest === null || call.arrived_at_us < oldest.arrived_at_us ? call : oldest),
    null,
  );
}
