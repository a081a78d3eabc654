import { expect, test } from "vitest";
import { clockOf } from "./clock";

const HOUR = 3_600_000_000;
const open = { persons_told_at_us: null, is_late: false, is_closed: false, tell_due_at_us: 24 * HOUR };

test("the day runs down, and then counts how late it is", () => {
  expect(clockOf(open, 0)).toEqual({ kind: "left", hours: 24, minutes: 0 });
  expect(clockOf(open, 23.5 * HOUR)).toEqual({ kind: "left", hours: 0, minutes: 30 });
  expect(clockOf(open, 24 * HOUR)).toEqual({ kind: "left", hours: 0, minutes: 0 });
  expect(clockOf(open, 26.25 * HOUR)).toEqual({ kind: "late", hours: 2, minutes: 15 });
});

test("once they are told it stands still, and says whether that was in time", () => {
  const told = { ...open, persons_told_at_us: 30 * HOUR, is_late: true };
  expect(clockOf(told, 99 * HOUR)).toEqual({ kind: "told", at_us: 30 * HOUR, isLate: true });
  expect(clockOf({ ...open, is_closed: true }, 99 * HOUR)).toEqual({ kind: "closed" });
});
