// Trackers, and the tracks that units leave; mirrors domains/positions/src/model.rs and export.rs.

import type { Id, Micros, UnitKind, UnitState, Wgs84 } from "./types";

export const PROTOCOLS = ["osmand", "owntracks", "traccar", "cot"] as const;
export type Protocol = (typeof PROTOCOLS)[number];
export type TrackerState = "never_seen" | "online" | "stale" | "error" | "revoked";

export interface Tracker {
  id: Id;
  name: string;
  protocol: Protocol;
  /** Speaks for others, which name it as their gateway. */
  is_gateway: boolean;
  gateway: Id | null;
  device: string | null;
  unit: Id | null;
  state: TrackerState;
  created_at_us: Micros;
  last_seen_at_us: Micros | null;
  last_fix_at_us: Micros | null;
  /** Per cent. */
  battery: number | null;
  taken: number;
  /** By error key. */
  refused_7d: Record<string, number>;
  last_error: { at_us: Micros; key: string; detail: string } | null;
}

export interface NewTracker {
  name: string;
  protocol: Protocol;
  is_gateway: boolean;
  gateway: Id | null;
  device: string | null;
  unit: Id | null;
}

export interface IssuedTracker {
  tracker: Tracker;
  /** Shown once; none for a tracker behind a gateway. */
  secret: string | null;
}

export type PositionAge = "fresh" | "ageing" | "stale";
export type PositionSource =
  | { kind: "app" }
  | { kind: "tracker"; id: Id; name: string }
  | { kind: "unknown" };

export interface UnitPosition {
  unit: Id;
  call_sign: string;
  kind: UnitKind;
  state: UnitState;
  position: Wgs84;
  measured_at_us: Micros;
  age: PositionAge;
  age_s: number;
  /** Null: its device did not say. */
  accuracy_m: number | null;
  heading_deg: number | null;
  source: PositionSource;
}

export interface TrackProperties {
  part: "track" | "gap";
  from_us: Micros;
  until_us: Micros;
  /** One for each coordinate; empty for a gap. */
  times_us: Micros[];
  accuracy_m: (number | null)[];
  speed_kmh: (number | null)[];
  /** Indexes of coordinates at which somebody cried for help. */
  alarms: number[];
}

export interface TrackFeature {
  type: string;
  /** `LineString`, or `Point` for a stretch of one fix. */
  geometry: { type: string; coordinates: unknown };
  properties: TrackProperties;
}

export interface Track {
  type: string;
  unit: Id;
  call_sign: string;
  from_us: Micros;
  until_us: Micros;
  tolerance_m: number;
  fixes: number;
  features: TrackFeature[];
}
