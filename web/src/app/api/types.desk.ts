// The dispatcher's hands: corrections, notes, and what a crew said by radio.

import type { Id, IncidentLogLine, Wgs84 } from "./types";

/** What the person saw, and what it shall be. */
export interface Amend<T> {
  was: T;
  now: T;
}

/** What is absent stays. */
export interface AmendIncident {
  kind?: Amend<string>;
  priority?: Amend<number>;
  address?: Amend<string>;
  position?: Amend<Wgs84 | null>;
}

export interface Notes {
  items: IncidentLogLine[];
}

/** What a radio code says: a state that a crew gives itself, or a step of its order. */
export type CodeMeaning = "available" | "busy" | "off_duty" | "accept" | "en_route" | "on_scene" | "clear";

export interface RadioCode {
  code: string;
  meaning: CodeMeaning;
  /** What the house calls it; empty: as its meaning is called. */
  title: string;
}

export interface RadioCodes {
  /** 0: those that the program starts with, which are no standard in Taiwan. */
  version: number;
  codes: RadioCode[];
}

/** A camera in service near an incident. */
export interface NearCamera {
  id: Id;
  name: string;
  position: Wgs84;
  distance_m: number;
  /** From the incident to the camera, clockwise from north. */
  bearing_deg: number;
  heading_deg: number | null;
  /** Null: nobody has said where it looks. */
  is_looking_here: boolean | null;
}

export interface CodesImport {
  dry_run: boolean;
  version: number;
  rows: number;
  added: string[];
  changed: string[];
  removed: string[];
  unchanged: number;
  errors: { row: number; column: string; value: string; key: string; message: string }[];
}
