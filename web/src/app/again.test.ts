import { describe, expect, it } from "vitest";
import { againAfterMs, isAskedAgain } from "./again";
import { ApiError, OfflineError } from "./api/client";

const refused = (status: number, retry_after_s?: number) =>
  new ApiError({
    type: "about:blank",
    title: "",
    status,
    key: "http.overloaded",
    ...(retry_after_s === undefined ? {} : { retry_after_s }),
  });

describe("asking again", () => {
  it("waits for as long as the server said, and longer each time", () => {
    expect([0, 1, 2].map((count) => againAfterMs(count, refused(503, 2)))).toEqual([2_000, 2_000, 4_000]);
    expect([0, 1, 9].map((count) => againAfterMs(count, new OfflineError()))).toEqual([1_000, 2_000, 30_000]);
    expect(againAfterMs(0, refused(500))).toBe(1_000);
  });

  it("asks twice more where no answer came, and never after a refusal", () => {
    expect([0, 1, 2].map((count) => isAskedAgain(count, refused(503, 2)))).toEqual([true, true, false]);
    expect([isAskedAgain(0, refused(403)), isAskedAgain(0, new OfflineError())]).toEqual([false, true]);
  });
});
