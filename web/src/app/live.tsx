// The server's live stream: one connection per tab, told apart into "fetch this again" and "it moved".

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { askPanics } from "../panic/panics";
import { provedAddress } from "./api/client";
import { doubtNonce } from "./api/proof";
import { type Envelope, LIVE_KINDS, type LiveEvent } from "./api/types";
import { positions } from "./positions";
import { StreamCursor } from "./streamCursor";

export type LinkState = "connecting" | "live" | "lost";

const LiveContext = createContext<LinkState>("connecting");
export const useLinkState = (): LinkState => useContext(LiveContext);

type Listener = (event: LiveEvent) => void;
const listeners = new Set<Listener>();

/** For what is heard rather than fetched: the alarm, the announcement. */
export function useLiveEvent(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [listener]);
}

export const TOUCHES: Record<Exclude<LiveEvent["kind"], "units_moved">, string[]> = {
  sightings_quarantined: ["quarantine"],
  watchlist_changed: ["entries"],
  hit_raised: ["hits"],
  hit_decided: ["hits"],
  hit_not_followed: ["hits"],
  incident_changed: ["incidents", "hits", "advice", "run-card"],
  assignment_changed: [
    "incidents",
    "photos",
    "my-assignments",
    "my-ring",
    "units",
    "advice",
    "tours",
    "par",
    "run-card",
  ],
  unit_changed: ["units", "recommendations", "advice", "run-card", "shift-board"],
  camera_changed: ["cameras", "camera-register"],
  device_changed: ["devices", "attestation"],
  device_trust_changed: ["devices", "attestation"],
  trust_changed: ["trust"],
  map_replaced: ["map"],
  closure_changed: ["closures", "recommendations", "advice"],
  warning_changed: ["warnings"],
  consent_changed: ["observations"],
  opening_changed: ["openings"],
  // Not the boxes themselves: those are thousands, and a shift's check-ins come every few seconds.
  patrol_checked_in: ["patrol-check-ins", "patrol-summary", "tours"],
  tour_plan_changed: ["tours"],
  panic_changed: ["incidents", "recommendations"],
  check_changed: ["checks", "my-check", "par", "incidents"],
  tracker_alarmed: ["trackers"],
  call_changed: ["calls"],
  caller_changed: ["caller", "callers"],
};

/** A burst of events becomes one fetch per list. */
const GATHER_MS = 150;

type Missed = () => void;
const missers = new Set<Missed>();

/** Some events are lost for good: whatever only listens asks for its thing again. */
export function useMissedEvents(listener: Missed): void {
  useEffect(() => {
    missers.add(listener);
    return () => {
      missers.delete(listener);
    };
  }, [listener]);
}

class Refetcher {
  private readonly due = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  constructor(private readonly client: QueryClient) {}

  add(names: string[]): void {
    for (const name of names) this.due.add(name);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      for (const name of this.due) void this.client.invalidateQueries({ queryKey: [name] });
      this.due.clear();
    }, GATHER_MS);
  }
}

function follow(client: QueryClient, tell: (state: LinkState) => void): () => void {
  const cursor = new StreamCursor();
  const refetcher = new Refetcher(client);
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | null = null;
  let wasOpen = false;
  let isOver = false;

  const take = (message: MessageEvent<string>) => {
    let envelope: Envelope;
    try {
      envelope = JSON.parse(message.data) as Envelope;
    } catch {
      return;
    }
    if (!cursor.accept(envelope)) return;
    const { event } = envelope;
    if (event.kind === "units_moved") positions.moved(event.units);
    // A place comes every few seconds, and only who looks at that caller needs it.
    else if (event.kind === "caller_changed" && event.is_place_only) refetcher.add(["caller"]);
    else refetcher.add(TOUCHES[event.kind] ?? []);
    // Nobody in danger waits for a burst to end.
    if (event.kind === "panic_changed") void askPanics(client);
    for (const listener of listeners) listener(event);
  };

  const lost = () => {
    if (isOver) return;
    tell("lost");
    source?.close();
    // A stream does not say why it was refused: perhaps the server was started anew, and its nonce with it.
    doubtNonce();
    retry ??= setTimeout(connect, cursor.failed());
  };

  const connect = () => {
    retry = null;
    // A stream sends no headers: its address carries the proof, another for each try.
    provedAddress(cursor.url()).then((address) => !isOver && open(address), lost);
  };

  const open = (address: string) => {
    source = new EventSource(address);
    source.onopen = () => {
      cursor.opened();
      tell("live");
      // Positions have no place in the order: those missed while away are asked for again.
      if (wasOpen) refetcher.add(["units"]);
      wasOpen = true;
    };
    source.onerror = lost;
    source.addEventListener("hello", (message) => {
      const seq = Number((message as MessageEvent).lastEventId);
      if (Number.isFinite(seq)) cursor.hello(seq);
    });
    source.addEventListener("resync", (message) => {
      const seq = Number((message as MessageEvent).lastEventId);
      cursor.resync(Number.isFinite(seq) && seq > 0 ? seq : null);
      void client.invalidateQueries();
      for (const listener of missers) listener();
    });
    for (const kind of LIVE_KINDS) source.addEventListener(kind, take as (event: Event) => void);
  };

  const back = () => {
    if (retry) {
      clearTimeout(retry);
      connect();
    }
  };
  window.addEventListener("online", back);
  connect();
  return () => {
    isOver = true;
    window.removeEventListener("online", back);
    if (retry) clearTimeout(retry);
    source?.close();
  };
}

export function LiveProvider({ isOn, children }: { isOn: boolean; children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LinkState>("connecting");
  useEffect(() => (isOn ? follow(client, setState) : undefined), [client, isOn]);
  return <LiveContext.Provider value={state}>{children}</LiveContext.Provider>;
}
