// Whom the house tells of facts (webhooks), and which neighbouring centres may tell it (EIDO partners).

import type { Id, Micros } from "./types";

export const FACT_KINDS = ["incident_opened", "incident_closed", "unit_state"] as const;
export type FactKind = (typeof FACT_KINDS)[number];

export interface Subscription {
  id: Id;
  title: string;
  url: string;
  kinds: FactKind[];
  created_at_us: Micros;
  created_by_name: string;
  ended_at_us: Micros | null;
  /** `sent`, or why the newest delivery that was tried has not arrived. */
  last_outcome: string | null;
  last_tried_at_us: Micros | null;
}

export interface Subscribe {
  title: string;
  url: string;
  kinds: FactKind[];
}

export interface Subscribed {
  /** Never shown again. */
  secret: string;
  subscription: Subscription;
}

export interface Partner {
  /** The device of kind `partner` that signs. */
  device: Id;
  title: string;
  /** Domain name that its messages may name as their sender, itself or below it. */
  element: string;
  created_at_us: Micros;
  ended_at_us: Micros | null;
}

export interface DefinePartner {
  device: Id;
  title: string;
  element: string;
}
