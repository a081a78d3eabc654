// The register of cameras: why each stands where it stands, and until when somebody answers for it.

import type { Id, Micros, Wgs84 } from "./types";

export const CAMERA_BASES = ["public_place", "gathering", "traffic_enforcement"] as const;
export type CameraBasis = (typeof CAMERA_BASES)[number];
export type RegisterState = "new" | "reviewed" | "due" | "stopped";

export interface CameraReview {
  basis: CameraBasis;
  purpose: string;
  notice: string;
  decided_at_us: Micros;
  decided_by_name: string;
  until_us: Micros;
  ended_at_us: Micros | null;
  end_reason: string | null;
}

export interface RegisterLine {
  camera: Id;
  name: string;
  kind: "fixed" | "patrol";
  position: Wgs84;
  is_active: boolean;
  state: RegisterState;
  /** It records until then, or did. */
  until_us: Micros;
  review: CameraReview | null;
  /** Passages destroyed since the server's start. */
  destroyed: number;
}

export interface ReviewCameras {
  cameras: Id[];
  basis: CameraBasis;
  purpose: string;
  notice: string;
  until_us: Micros;
}
