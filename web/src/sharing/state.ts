// What a partner's card says of whether anything passes.

import type { SharingPartner } from "../app/api/types.sharing";

/**
 * - off: a person has switched it off.
 * - undated: nobody was named for it, so that its switch stops it and no date.
 * - over: its date has come; the doors of life are open still.
 */
export type PartnerState = "off" | "undated" | "over" | "agreed" | "not_agreed";

export function stateOf(of: SharingPartner): PartnerState {
  if (of.off_at_us !== null) return "off";
  if (of.passes_until_us === null) return "undated";
  if (of.is_stopped) return "over";
  return of.agreement ? "agreed" : "not_agreed";
}
