// What is shared with partners, and the switch that stops it.

import type { Micros } from "./types";

export interface Agreement {
  basis: string;
  until_us: Micros;
  written_at_us: Micros;
  written_by_name: string;
}

export interface SharingPartner {
  id: string;
  title: string;
  since_us: Micros;
  agreement: Agreement | null;
  passes_until_us: Micros | null;
  is_stopped: boolean;
  off_at_us: Micros | null;
  off_by_name: string | null;
  off_reason: string | null;
  on_asked_by_name: string | null;
  on_reason: string | null;
  passed_day: number;
  refused_day: number;
}

export interface SharedHour {
  hour: number;
  direction: string;
  kind: string;
  passed: number;
  refused: number;
  basis: string | null;
}

export interface SharingPartnerShown extends SharingPartner {
  hours: SharedHour[];
}
