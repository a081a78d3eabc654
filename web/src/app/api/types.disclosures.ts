// What is given out under the law on government information.

import type { Id, Micros } from "./types";

export type DisclosureScope =
  | { by: "time"; from_us: Micros; until_us: Micros }
  | { by: "incident"; number: string };

export interface Disclosure {
  id: Id;
  state: "asked" | "released" | "refused";
  request_ref: string;
  basis: string;
  scope: DisclosureScope;
  asked_at_us: Micros;
  asked_by_name: string;
  decided_at_us: Micros | null;
  decided_by_name: string | null;
  reason: string | null;
}

export interface AskDisclosure {
  request_ref: string;
  basis: string;
  scope: DisclosureScope;
}
