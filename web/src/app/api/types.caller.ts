// Who calls, as a dispatcher sees them, and what the caller's own page asks and is told.

import type { Id, Micros, Wgs84 } from "./types";

export type LinkState = "sent" | "opened" | "agreed" | "sharing" | "expired" | "revoked" | "over";
/** Why a phone shows no place. */
export type Trouble = "denied" | "unavailable";

export interface CallerLink {
  state: LinkState;
  made_at_us: Micros;
  expires_at_us: Micros;
  opened_at_us: Micros | null;
  agreed_at_us: Micros | null;
  sharing_since_us: Micros | null;
  /** When the page last asked for news, to within ten seconds. */
  heard_at_us: Micros | null;
  /** Whoever holds the phone must not be heard: do not ring it. */
  is_silent: boolean;
  trouble: Trouble | null;
}

export interface CallerPlace {
  position: Wgs84;
  accuracy_m: number;
  measured_at_us: Micros;
  /** Set where it lies so far from every road that it is doubtful. */
  off_road_m: number | null;
}

export interface CallerWord {
  seq: number;
  side: "caller" | "centre";
  at_us: Micros;
  by_name: string | null;
  text: string;
  /** When the other side had it before its eyes. */
  read_at_us: Micros | null;
}

export interface CallerView {
  call: Id;
  /** Of the call. */
  number: string;
  link: CallerLink | null;
  place: CallerPlace | null;
  /** A later one that nobody can have got to from there. */
  doubted: CallerPlace | null;
  words: CallerWord[];
}

export interface MadeLink {
  /** Told this once. */
  url: string;
  caller: CallerView;
}

export interface LiveCaller {
  call: Id;
  number: string;
  /** What the call became; null while it is in hand. */
  incident: Id | null;
  state: LinkState;
  is_silent: boolean;
  unread: number;
}

/** What the caller's own page shows. */
export interface CallerPage {
  number: string;
  is_agreed: boolean;
  is_sharing: boolean;
  rest_s: number;
  words: CallerWord[];
  /** `seq` of the last message of the caller's that the centre has read. */
  read_through: number;
}

export interface Look {
  after: number;
  is_silent: boolean;
  trouble: Trouble | null;
}

export interface TellPlace {
  position: Wgs84;
  accuracy_m: number;
  age_ms: number;
}
