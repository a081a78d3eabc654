// Of identity providers.

import type { Id, Micros } from "./types";

export interface IdentityProvider {
  name: string;
  title: string;
}

/** Where the browser goes, and what the page keeps to itself until it is back. */
export interface ProviderSignInStarted {
  url: string;
  flow: string;
}

/** What stood in the address on the way back. */
export interface ProviderReturn {
  state: string;
  code: string | null;
  error: string | null;
  iss: string | null;
}

export interface ProviderLink {
  issuer: string;
  /** Null when its word does not count any more. */
  provider: string | null;
  subject: string;
  linked_by: Id;
  linked_at_us: Micros;
}
