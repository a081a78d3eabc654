// What a page keeps while the browser is at an identity provider: in this tab alone, and for one way back.

import type { ProviderReturn } from "./api/types.providers";

const KEPT = "shouhu.provider-flow";

export interface Flow {
  flow: string;
  /** Where the person wanted to go. */
  next: string | null;
}

export function keepFlow(flow: Flow): void {
  sessionStorage.setItem(KEPT, JSON.stringify(flow));
}

/** Null when this tab has sent nobody to a provider. It is there once. */
export function takeFlow(): Flow | null {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (!kept) return null;
  try {
    return JSON.parse(kept) as Flow;
  } catch {
    return null;
  }
}

export function returnOf(search: string): ProviderReturn {
  const params = new URLSearchParams(search);
  return {
    state: params.get("state") ?? "",
    code: params.get("code"),
    error: params.get("error"),
    iss: params.get("iss"),
  };
}
