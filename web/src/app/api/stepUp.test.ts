import { afterEach, describe, expect, it } from "vitest";
import { stepUp, whenStepUpIsAsked } from "./stepUp";

afterEach(() => whenStepUpIsAsked(null));

describe("a step-up", () => {
  it("is asked for once, however many requests wait for it", async () => {
    let asked = 0;
    let answer: (isVerified: boolean) => void = () => {};
    whenStepUpIsAsked(() => {
      asked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const waiting = [stepUp(), stepUp(), stepUp()];
    answer(true);
    expect(await Promise.all(waiting)).toEqual([true, true, true]);
    expect(asked).toBe(1);
  });

  it("that was declined is not asked for at once again, and later it is", async () => {
    let asked = 0;
    whenStepUpIsAsked(async () => {
      asked += 1;
      return false;
    });
    expect(await stepUp()).toBe(false);
    expect(await stepUp()).toBe(false);
    expect(asked).toBe(1);
    expect(await stepUp(performance.now() + 10_000)).toBe(false);
    expect(asked).toBe(2);
  });

  it("without anybody who could ask is refused", async () => {
    expect(await stepUp(performance.now() + 60_000)).toBe(false);
  });
});
