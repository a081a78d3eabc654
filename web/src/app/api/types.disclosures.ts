// What is given out under the law on government information.

import type { Id, Micros } from "./types";

export type DisclosureScope =
  | { by: "time"; from_us: Micros; until_us: Micros }
  | { by: "incident"; number: string };

export interface Disclosure {
  id: Id;
  /** `releasing`: its leaves are being written; who does it may have died, and then it is decided again. */
  state: "asked" | "releasing" | "released" | "refused";
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

/** An entry before it is given out. */
export interface PreviewedEntry {
  number: string;
  /** A `DisclosedIncident` as JSON, byte by byte as it will be. */
  text: string;
  sha256: string;
}

export interface DisclosurePreview {
  disclosure: Id;
  entries: PreviewedEntry[];
  /** Sent back with the release: of anything else nothing is released. */
  entries_sha256: string;
}

/** What an entry's text says. */
export interface DisclosedIncident {
  number: string;
  kind: string;
  priority: number;
  closing_code: string | null;
  /** Empty where none is known. */
  area: string;
  opened_hour_us: Micros;
  lasted_s: number | null;
  log: { after_s: number; act: string; by: string }[];
}

export interface ReleaseDisclosure {
  entries_sha256: string;
  /** Numbers that are kept back by §18. */
  without: string[];
}
