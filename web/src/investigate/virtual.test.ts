import { describe, expect, it } from "vitest";
import { sliceOf } from "./virtual";

describe("a long list", () => {
  it("has only the rows near the window", () => {
    const { first, last } = sliceOf(10_000, 40, -4000, 800);
    expect([first, last]).toEqual([88, 132]);
  });

  it("is whole while it is short", () => {
    expect(sliceOf(100, 40, -1000, 800)).toEqual({ first: 0, last: 100 });
  });

  it("never reaches past its ends", () => {
    expect(sliceOf(500, 40, 2000, 800)).toEqual({ first: 0, last: 0 });
    expect(sliceOf(500, 40, -1e6, 800)).toEqual({ first: 500, last: 500 });
  });
});
