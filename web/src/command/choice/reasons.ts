// What speaks for and against a unit, in words: which reason counts metres, which seconds, which nothing.

import type { TFunction } from "i18next";
import type { Id, Reason } from "../../app/api/types";
import type { Advised } from "../../app/api/types.choice";
import { sayDistance, saySeconds } from "../../app/say";

const IN_METRES = new Set([
  "nearest",
  "foot_patrol_far",
  "rough_position",
  "least_air",
  "farther_than_chosen",
]);
const IN_SECONDS = new Set([
  "stale_position",
  "least_travel",
  "least_sum",
  "next_is_beyond_bound",
  "rested",
  "faster_than_chosen",
  "keeps_cover",
  "taken_from_lesser",
  "saves_too_little",
  "long_on_duty",
  "past_shift_end",
  "short_rest",
  "slower_than_chosen",
  "beyond_bound",
  "cover_lost",
]);
/** Those that say something else where there is no number. */
const WITHOUT_NUMBER = new Set(["least_air", "least_travel", "least_sum", "rested", "taken_from_lesser"]);

export function reasonText({ key, value }: Reason, t: TFunction): string {
  if (value === null && WITHOUT_NUMBER.has(key)) return t(`dispatch.reason.${key}_none`);
  const said =
    value === null
      ? ""
      : IN_METRES.has(key)
        ? sayDistance(value, t)
        : IN_SECONDS.has(key)
          ? saySeconds(value, t)
          : String(value);
  // A server that is newer than this page may have reasons that it has no words for.
  return t(`dispatch.reason.${key}`, { value: said, defaultValue: key });
}

/** May go: by itself, or taken from another job. */
export function isSendable(one: Advised): boolean {
  return one.rank !== null || one.takes_from !== null;
}

/** Another one is proposed or ranked first: whoever sends this one says why. The server judges by the same rule. */
export function isAgainst(one: Advised, chosen: Id | null | undefined): boolean {
  return !!chosen && one.unit.id !== chosen && one.rank !== 1;
}

/** The proposed one first, then those that can go in the server's order. */
export function splitAdvised(items: Advised[], chosen: string | null): { can: Advised[]; cannot: Advised[] } {
  const can = items.filter(isSendable);
  const first = can.filter((one) => one.unit.id === chosen);
  return {
    can: [...first, ...can.filter((one) => one.unit.id !== chosen)],
    cannot: items.filter((one) => !isSendable(one)),
  };
}
