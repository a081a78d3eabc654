// Closed roads, and the way to a job in the form of OSRM's route service.

import type { Id, Micros, Wgs84 } from "./types";

export interface ClosedPiece {
  /** Empty when unnamed. */
  street: string;
  line: Wgs84[];
}

export interface Closure {
  id: Id;
  /** As it was drawn: one place, or a line. */
  line: Wgs84[];
  reason: string;
  made_at_us: Micros;
  until_us: Micros;
  pieces: ClosedPiece[];
}

export interface CloseRoad {
  line: Wgs84[];
  reason: string;
  until_us: Micros;
}

export interface WayStep {
  maneuver: {
    type: string;
    modifier?: string | null;
    location: number[];
    exit?: number | null;
    instruction: string;
  };
  /** The street after the manoeuvre; empty when unnamed. */
  name: string;
  distance: number;
  duration: number;
  /** polyline6 */
  geometry: string;
}

export interface WayRoute {
  distance: number;
  duration: number;
  /** polyline6 */
  geometry: string;
  legs: { summary: string; steps: WayStep[] }[];
}

export interface MyWay {
  code: string;
  /** The fastest first. */
  routes: WayRoute[];
  assignment: Id;
  vehicle: string;
  weights: string;
  closures: number;
  /** No way leads around what is closed. */
  is_through_closure: boolean;
  map_version: number;
  /** Null where the phone said where it begins. */
  from_at_us: Micros | null;
  told_at_us: Micros;
}
