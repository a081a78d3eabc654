// The way to one job: asked for once, kept on the phone, asked for anew when the line is left.

import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { way as calls } from "../../app/api/calls.way";
import { OfflineError } from "../../app/api/client";
import type { Id, ReportPosition, Wgs84 } from "../../app/api/types";
import type { MyWay } from "../../app/api/types.way";
import { type Followed, follow, isOff, offCount, type ReadyRoute, readied } from "./follower";
import { keepWay, keptWay } from "./keptWay";
import { keepTiles } from "./tiles";

/** After a new way was asked for, so long passes before the next: a phone in a car park would ask for ever. */
const REROUTE_PAUSE_MS = 15_000;

export interface Leading {
  way: MyWay | null;
  routes: ReadyRoute[];
  chosen: ReadyRoute | null;
  index: number;
  choose: (index: number) => void;
  followed: Followed | null;
  isOffLine: boolean;
  isAsking: boolean;
  /** The way is of an earlier time, and there was no network to ask for another. */
  isStale: boolean;
  error: Error | null;
  ask: () => void;
}

export function useWay(assignment: Id, here: ReportPosition | null, language: "zh-TW" | "en"): Leading {
  const [kept, setKept] = useState(() => keptWay(window.localStorage, assignment));
  const [index, setIndex] = useState(0);
  const [isStale, setStale] = useState(false);
  const [followed, setFollowed] = useState<Followed | null>(null);
  const off = useRef(0);
  const askedAt_ms = useRef(Number.NEGATIVE_INFINITY);
  const place = useRef<Wgs84 | null>(null);
  place.current = here?.position ?? null;

  const asking = useMutation({
    mutationFn: () => calls.mine(assignment, place.current, language),
    onSuccess: (way) => {
      const now = { way, language };
      keepWay(window.localStorage, now);
      setKept(now);
      setIndex(0);
      setStale(false);
      setFollowed(null);
      off.current = 0;
    },
    onError: (error) => setStale(error instanceof OfflineError),
  });
  const { mutate } = asking;
  const ask = useCallback(() => {
    askedAt_ms.current = Date.now();
    mutate();
  }, [mutate]);

  // Opened: a way of an earlier time is shown at once, and a new one asked for.
  useEffect(ask, [ask]);

  const routes = useMemo(() => (kept ? kept.way.routes.map(readied) : []), [kept]);
  const chosen = routes[index] ?? null;
  useEffect(() => {
    if (kept && routes.length > 0)
      keepTiles(
        routes.flatMap((one) => one.line),
        kept.way.map_version,
      );
  }, [kept, routes]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each fix is followed once, whatever else has changed
  useEffect(() => {
    if (!here || !chosen) return;
    const next = follow(chosen, here.position, followed?.along_m ?? null);
    setFollowed(next);
    if (!next) return;
    off.current = offCount(off.current, next.off_m, here.accuracy_m ?? null);
    const isDue = Date.now() - askedAt_ms.current >= REROUTE_PAUSE_MS;
    if (isOff(off.current) && isDue && !asking.isPending) ask();
  }, [here, chosen]);

  return {
    way: kept?.way ?? null,
    routes,
    chosen,
    index,
    choose: (to) => {
      setIndex(to);
      setFollowed(null);
      off.current = 0;
    },
    followed,
    isOffLine: isOff(off.current),
    isAsking: asking.isPending,
    isStale,
    error: asking.error instanceof OfflineError ? null : asking.error,
    ask,
  };
}
