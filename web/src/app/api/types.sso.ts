// Of the force's own tools that ask who somebody is.

import type { Id, Micros } from "./types";

export type SsoClaim = "name" | "role" | "unit" | "office";

export interface SsoTool {
  id: string;
  title_zh: string;
  title_en: string;
  /** Where the browser goes. */
  host: string;
  claims: SsoClaim[];
}

/** What is known of a request before anybody is. */
export interface SsoRequest {
  tool: SsoTool;
  denied_url: string;
  /** The tool wants no page: whoever would have to be asked goes here. */
  silent_url: string | null;
  refused_url: string | null;
}

export type SsoDecision = "ask" | "yes" | "no";
export type SsoStep = "go" | "confirm" | "verify" | "refused";

export interface SsoAnswer {
  step: SsoStep;
  tool: SsoTool;
  url: string | null;
}

export interface AuthorizeSso {
  query: string;
  /** Whom the page shows: another tab may have signed somebody else in. */
  person: Id;
  decision: SsoDecision;
}

/** A tool that oneself has said yes to. */
export interface SsoAgreedTool {
  id: string;
  title_zh: string;
  title_en: string;
  claims: SsoClaim[];
  said_yes_at_us: Micros;
  /** How many of one's own sessions. */
  sessions: number;
  is_here: boolean;
}

export interface SsoAgreedTools {
  items: SsoAgreedTool[];
}
