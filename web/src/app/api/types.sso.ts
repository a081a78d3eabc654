// Of the force's own tools that ask who somebody is.

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
  decision: SsoDecision;
}
