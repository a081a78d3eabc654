// What the officer's panic dock says: first what has not left the phone, then what the control room knows.

import type { Problem } from "../app/api/types";
import type { Panic } from "../app/api/types.choice";
import type { QueuedCry } from "./panicQueue";

export type DockView =
  | { kind: "idle" }
  | { kind: "unsent"; attempts: number; isTakenBack: boolean }
  | { kind: "refused"; act: QueuedCry["act"]; key: string; problem: Problem }
  | { kind: "raised" | "cancelled" }
  | { kind: "acknowledged"; by: string | null }
  /** The crew says it is safe, and the control room does not know yet. */
  | { kind: "cancel_unsent"; attempts: number };

export function dockView(items: QueuedCry[], mine: Panic | undefined): DockView {
  const refused = items.find((one) => one.refused !== null);
  if (refused?.refused) {
    return { kind: "refused", act: refused.act, key: refused.key, problem: refused.refused };
  }
  const cry = items.find((one) => one.act === "raise");
  const safe = items.find((one) => one.act === "cancel");
  if (cry) return { kind: "unsent", attempts: cry.attempts, isTakenBack: safe !== undefined };
  if (safe) return { kind: "cancel_unsent", attempts: safe.attempts };
  if (!mine || mine.state === "over") return { kind: "idle" };
  if (mine.state === "acknowledged") return { kind: "acknowledged", by: mine.acknowledged_by };
  return { kind: mine.state };
}
