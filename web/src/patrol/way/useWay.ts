// The way to one job: kept on the phone, asked for anew when the line is left, when the incident stands elsewhere, and when roads
// are closed or opened.

import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { way as calls } from "../../app/api/calls.way";
import { OfflineError } from "../../app/api/client";
import type { Id, LiveEvent, ReportPosition, Wgs84 } from "../../app/api/types";
import type { MyWay } from "../../app/api/types.way";
import { useLinkState, useLiveEvent, useMissedEvents } from "../../app/live";
import { changesWays, counts, type Failed, isAskedAtFix, type Question, REROUTE_PAUSE_MS } from "./asking";
import { type Followed, follow, isOff, offCount, type ReadyRoute, readied } from "./follower";
import { isSamePlace, keepWay, keptWay } from "./keptWay";
import { keepTiles } from "./tiles";

/** A street that is closed in pieces is one question; and not all crews ask in the same moment. */
const GATHER_MS = 500;
const SPREAD_MS = 1_500;

export interface Leading {
  way: MyWay | null;
  routes: ReadyRoute[];
  chosen: ReadyRoute | null;
  index: number;
  choose: (index: number) => void;
  followed: Followed | null;
  isOffLine: boolean;
  isAsking: boolean;
  /** No way could be asked for, as there was no network: that which is shown, if any, is of an earlier time. */
  isStale: boolean;
  error: Error | null;
  ask: () => void;
}

export function useWay(
  assignment: Id,
  there: Wgs84,
  here: ReportPosition | null,
  language: "zh-TW" | "en",
): Leading {
  const [shelved, setShelved] = useState(() => keptWay(window.localStorage, assignment, there));
  // A way to where the incident no longer is leads nobody.
  const kept = shelved && isSamePlace(shelved.to, there) ? shelved : null;
  const [index, setIndex] = useState(0);
  const [failure, setFailure] = useState<Error | null>(null);
  const [followed, setFollowed] = useState<Followed | null>(null);
  const off = useRef(0);
  const askedAt_ms = useRef(Number.NEGATIVE_INFINITY);
  const place = useRef<Wgs84 | null>(null);
  place.current = here?.position ?? null;
  const target = useRef(there);
  target.current = there;
  const asked = useRef(0);
  const taken = useRef(0);
  const failed = useRef<Failed | null>(null);
  const isGone = useRef(false);
  const isStale = failure instanceof OfflineError;

  const asking = useMutation({
    mutationFn: (_: Question) => calls.mine(assignment, place.current, language),
    onSuccess: (way, question) => {
      // After the job, or a sign-out, the phone keeps no way any more.
      if (isGone.current || !counts(question, { to: target.current, taken: taken.current })) return;
      taken.current = question.number;
      const now = { way, to: question.to, language };
      keepWay(window.localStorage, now);
      setShelved(now);
      setIndex(0);
      setFollowed(null);
      off.current = 0;
      if (question.number < asked.current) return;
      failed.current = null;
      setFailure(null);
    },
    onError: (error, question) => {
      if (question.number < asked.current) return;
      failed.current = { isPlaced: question.isPlaced, isOffline: error instanceof OfflineError };
      setFailure(error);
    },
  });
  const { mutate } = asking;
  const ask = useCallback(() => {
    askedAt_ms.current = Date.now();
    asked.current += 1;
    mutate({ number: asked.current, to: target.current, isPlaced: place.current !== null });
  }, [mutate]);

  // Opened: a way of an earlier time is shown at once, and a new one asked for. The same when the incident's place is corrected.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is another way
  useEffect(() => {
    setIndex(0);
    setFollowed(null);
    setFailure(null);
    failed.current = null;
    off.current = 0;
    ask();
  }, [ask, there.lon, there.lat]);

  const soon = useRef<ReturnType<typeof setTimeout> | null>(null);
  const askSoon = useCallback(() => {
    soon.current ??= setTimeout(
      () => {
        soon.current = null;
        ask();
      },
      GATHER_MS + Math.random() * SPREAD_MS,
    );
  }, [ask]);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
      if (soon.current) clearTimeout(soon.current);
      soon.current = null;
    };
  }, []);
  useLiveEvent(useCallback((event: LiveEvent) => changesWays(event.kind) && askSoon(), [askSoon]));
  useMissedEvents(askSoon);

  const link = useLinkState();
  useEffect(() => {
    const back = () => {
      if (failed.current) ask();
    };
    if (link === "live") back();
    window.addEventListener("online", back);
    return () => window.removeEventListener("online", back);
  }, [ask, link]);

  const routes = useMemo(() => (kept ? kept.way.routes.map(readied) : []), [kept]);
  const chosen = routes[index] ?? null;
  useEffect(() => {
    if (kept)
      keepTiles(
        routes.map((one) => one.line),
        kept.way.map_version,
      );
  }, [kept, routes]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each fix is followed once, whatever else has changed
  useEffect(() => {
    if (!here) return;
    const since_ms = Date.now() - askedAt_ms.current;
    const isAgain = !asking.isPending && isAskedAtFix(failed.current, since_ms);
    if (isAgain) ask();
    if (!chosen) return;
    const next = follow(chosen, here.position, followed?.along_m ?? null);
    setFollowed(next);
    if (!next) return;
    off.current = offCount(off.current, next.off_m, here.accuracy_m ?? null);
    const isDue = since_ms >= REROUTE_PAUSE_MS && !asking.isPending && !isAgain;
    if (isOff(off.current) && isDue) ask();
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
    // What was followed on the way before says nothing about another.
    followed: chosen ? followed : null,
    isOffLine: chosen !== null && isOff(off.current),
    isAsking: asking.isPending,
    isStale,
    error: isStale ? null : failure,
    ask,
  };
}
