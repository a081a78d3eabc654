import { describe, expect, it } from "vitest";
import { isRead, READ_MS, shownSince } from "./shown";

describe("what is sent by one key", () => {
  it("is what has been on the screen for a second, and what was there from the beginning", () => {
    const first = shownSince(null, "永康 21", 5_000);
    expect([isRead(null, 9_000), isRead(first, 5_000)]).toEqual([false, true]);
    const next = shownSince(first, "永康 22", 6_000);
    expect([isRead(next, 6_000), isRead(next, 5_999 + READ_MS), isRead(next, 6_000 + READ_MS)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(shownSince(next, "永康 22", 6_500)).toBe(next);
  });
});
