import { describe, expect, it } from "vitest";
import { HOLD_MS, Hold, type HoldState, SLIP_MS } from "./hold";

/** A clock that goes when it is told to. */
class Hands {
  now = 0;
  private due: { at: number; act: () => void }[] = [];
  after = (ms: number, act: () => void) => {
    const one = { at: this.now + ms, act };
    this.due.push(one);
    return () => {
      this.due = this.due.filter((other) => other !== one);
    };
  };
  go(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.due.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = next.at;
      this.due = this.due.filter((one) => one !== next);
      next.act();
    }
    this.now = until;
  }
}

function button() {
  const clock = new Hands();
  const states: HoldState[] = [];
  let fired = 0;
  const hold = new Hold(
    (state) => states.push(state),
    () => {
      fired += 1;
    },
    clock,
  );
  return { clock, hold, states, fired: () => fired };
}

describe("a held button", () => {
  it("fires once after a second, not before", () => {
    const { clock, hold, fired } = button();
    hold.press();
    clock.go(HOLD_MS - 1);
    expect(fired()).toBe(0);
    clock.go(1);
    expect(fired()).toBe(1);
    clock.go(10 * HOLD_MS);
    expect(fired()).toBe(1);
  });

  it("says so when it was let go too early, and fires nothing", () => {
    const { clock, hold, states, fired } = button();
    hold.press();
    clock.go(400);
    hold.release();
    clock.go(HOLD_MS);
    expect(states).toEqual(["holding", "released"]);
    expect(fired()).toBe(0);
  });

  it("goes on counting when a wet thumb slips for a moment", () => {
    const { clock, hold, fired } = button();
    hold.press();
    clock.go(500);
    hold.release();
    clock.go(SLIP_MS - 1);
    hold.press();
    clock.go(HOLD_MS - 500 - (SLIP_MS - 1));
    expect(fired()).toBe(1);
  });

  it("counts a second that ends during a slip as held", () => {
    const { clock, hold, fired } = button();
    hold.press();
    clock.go(HOLD_MS - 10);
    hold.release();
    clock.go(SLIP_MS);
    expect(fired()).toBe(1);
  });
});
