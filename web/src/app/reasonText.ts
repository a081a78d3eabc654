// Why something was not done, in words. A code means what it was asked for: "duplicate" of a reading is not "duplicate" of a file.

import type { TFunction } from "i18next";
import type { Asked } from "./api/types.reasons";

/** Where the words of a list stand already, because the page that asks says them so. */
const SAID_AT: Partial<Record<Asked, string>> = {
  hit: "reject_reason.",
  incident: "closing_code.",
  call: "calls.settled_as.",
  stop: "tour.reason_",
  misuse_alert: "misuse.aside_",
};

/** Keys of its text, the nearest first. */
export function reasonKeys(asked: Asked, code: string): string[] {
  const nearest = SAID_AT[asked];
  return [...(nearest ? [nearest + code] : []), `reason_code.${code}`];
}

/** A server that is newer than this page may have codes that it has no words for: then the code itself. */
export function sayReason(asked: Asked, code: string, t: TFunction): string {
  return t(reasonKeys(asked, code), { defaultValue: code });
}
