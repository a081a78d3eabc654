import { expect, it } from "vitest";
import { maySayWhyNot } from "./HitStandDown";

it("why a hit is not followed is said once, and still where the clock was first", () => {
  const open = { state: "confirmed", incident: null, not_followed: null } as const;
  expect(maySayWhyNot(open)).toBe(true);
  expect(maySayWhyNot({ ...open, not_followed: "not_answered" })).toBe(true);
  expect(maySayWhyNot({ ...open, not_followed: "out_of_reach" })).toBe(false);
  expect(maySayWhyNot({ ...open, incident: "i" })).toBe(false);
  expect(maySayWhyNot({ ...open, state: "raised" })).toBe(false);
});
