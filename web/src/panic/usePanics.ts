import { useQuery } from "@tanstack/react-query";
import { panic as calls } from "../app/api/calls.choice";
import type { Panic } from "../app/api/types.choice";
import { useLinkState } from "../app/live";
import { useSession } from "../app/session";
import { inOrder, PANICS } from "./panics";

/** The stream tells at once; asking is for what it may have missed. */
const ASK_EACH_MS = 10_000;
/** The stream is down, and may take half a minute to come back: nobody in danger waits for that. */
const ASK_WITHOUT_STREAM_MS = 2_000;

const NOBODY: Panic[] = [];

export function usePanics(): Panic[] {
  const { may } = useSession();
  const link = useLinkState();
  const query = useQuery({
    queryKey: PANICS,
    enabled: may("units.watch"),
    queryFn: async () => inOrder((await calls.list()).items),
    refetchInterval: link === "live" ? ASK_EACH_MS : ASK_WITHOUT_STREAM_MS,
    refetchIntervalInBackground: true,
  });
  return query.data ?? NOBODY;
}
