// Pictures that crews send from their jobs; mirrors domains/dispatch/src/photos.

import type { Id, Micros, Wgs84 } from "./types";

export type PhotoState = "kept" | "withdrawn" | "destroyed";
export type PhotoSize = "large" | "small";

export interface Photo {
  id: Id;
  assignment: Id;
  /** Whose log has its line; a merge may have moved the assignment since. */
  incident: Id;
  incident_number: string;
  unit: Id;
  call_sign: string;
  by: Id;
  by_name: string;
  received_at_us: Micros;
  /** As the phone's clock said. */
  taken_at_us: Micros | null;
  caption: string;
  /** Only where the officer chose to send it. */
  position: Wgs84 | null;
  accuracy_m: number | null;
  /** Of the bytes as they arrived. */
  sha256: string;
  received_bytes: number;
  width_px: number;
  height_px: number;
  state: PhotoState;
  ended_at_us: Micros | null;
  end_reason: string | null;
  /** Until then whoever sent it may take it back. */
  withdraw_until_us: Micros;
}

/** The query of a photo on its way; the body is the picture. */
export interface SendPhoto {
  photo: Id;
  taken_at_us?: Micros;
  caption?: string;
  lon?: number;
  lat?: number;
  accuracy_m?: number;
}
