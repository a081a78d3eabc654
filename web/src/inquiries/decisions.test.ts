import { expect, test } from "vitest";
import { microsFromTaipei } from "../app/age";
import type { CaseUses } from "../app/api/types.inquiries";
import { type Decision, endOf, requestOf } from "./decisions";

const NOW = microsFromTaipei("2026-11-22T10:00") as number;
const DAY = 86_400_000_000;
const one = (case_ref: string, is_running = false): CaseUses => ({
  case_ref,
  uses: 1,
  first_at_us: NOW,
  last_at_us: NOW,
  offices: [],
  is_running,
});
const told: Decision = { isTold: true, until: "", reason: "" };
const later: Decision = { isTold: false, until: "2026-12-31", reason: "偵查中，告知將使嫌疑人逃匿" };

test("nothing is sent before every case is decided", () => {
  expect(requestOf([one("a"), one("b")], { a: told }, NOW)).toBeNull();
  expect(requestOf([one("a"), one("b")], { a: told, b: later }, NOW)).toEqual([
    { case_ref: "a", until_us: null, reason: "" },
    { case_ref: "b", until_us: microsFromTaipei("2026-12-31T23:59"), reason: later.reason },
  ]);
  expect(requestOf([], {}, NOW)).toEqual([]);
});

test("a running case is deferred, for a reason and until a day within a year", () => {
  expect(requestOf([one("a", true)], { a: told }, NOW)).toBeNull();
  expect(requestOf([one("a", true)], { a: later }, NOW)).toHaveLength(1);
  expect(requestOf([one("a")], { a: { ...later, reason: "短" } }, NOW)).toBeNull();
  expect(requestOf([one("a")], { a: { ...later, until: "2026-11-22" } }, NOW)).toBeNull();
  expect(endOf("2027-11-22", NOW)).toBe(NOW + 365 * DAY - 60_000_000);
  expect(endOf("2027-11-24", NOW)).toBeNull();
  // An extension counts from the day on which the first would have ended.
  expect(endOf("2028-01-10", NOW, NOW + 300 * DAY)).toBe(microsFromTaipei("2028-01-10T23:59"));
  expect(endOf("2028-09-20", NOW, NOW + 300 * DAY)).toBeNull();
});
