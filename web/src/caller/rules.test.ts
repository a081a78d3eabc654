import { describe, expect, it } from "vitest";
import { ApiError, OfflineError } from "../app/api/client";
import type { CallerWord } from "../app/api/types.caller";
import { distance_m, endOf, type Fix, isPassing, isWorthSending, joined, tokenOf } from "./rules";
import { QUICK, sayIn } from "./words";

const fix = (more: Partial<Fix> = {}): Fix => ({
  lon: 120.2055,
  lat: 22.9908,
  accuracy_m: 20,
  measured_ms: 0,
  ...more,
});
const problem = (status: number, key: string) =>
  new ApiError({ type: "about:blank", title: "", status, key });
const word = (seq: number): CallerWord => ({
  seq,
  side: "centre",
  at_us: seq,
  by_name: null,
  text: String(seq),
  read_at_us: null,
});

describe("a place", () => {
  it("is sent first, then when it moved, got better, or has not been told for a while", () => {
    const last = { fix: fix(), sent_ms: 0 };
    expect(isWorthSending(fix(), null, 0)).toBe(true);
    expect(isWorthSending(fix({ lon: 120.21 }), last, 1_000)).toBe(false);
    expect(isWorthSending(fix({ lon: 120.21 }), last, 3_000)).toBe(true);
    expect(isWorthSending(fix(), last, 10_000)).toBe(false);
    expect(isWorthSending(fix({ accuracy_m: 8 }), last, 4_000)).toBe(true);
    expect(isWorthSending(fix(), last, 15_000)).toBe(true);
  });

  it("is sent by a phone whose clock was set back", () => {
    expect(isWorthSending(fix(), { fix: fix(), sent_ms: 9e12 }, 1_000)).toBe(true);
  });

  it("is as far from another as on the ground", () => {
    expect(distance_m(fix(), fix({ lat: 22.9998 }))).toBeCloseTo(1_000.75, 0);
    expect(distance_m(fix(), fix())).toBe(0);
  });
});

describe("an answer", () => {
  it("that ends the link is told from one that passes", () => {
    expect(endOf(problem(410, "dispatch.caller.expired"))).toBe("expired");
    expect(endOf(problem(401, "dispatch.caller.unknown"))).toBe("unknown");
    expect(endOf(problem(429, "dispatch.caller.too_often"))).toBeNull();
    expect(endOf(new OfflineError())).toBeNull();
    expect(isPassing(new OfflineError())).toBe(true);
    expect(isPassing(problem(503, "http.overloaded"))).toBe(true);
    expect(isPassing(problem(429, "dispatch.caller.too_fast"))).toBe(true);
    expect(isPassing(problem(422, "dispatch.caller.too_long"))).toBe(false);
  });

  it("adds each message once and in order", () => {
    const known = [word(1), word(2)];
    expect(joined(known, [word(4), word(2), word(3)]).map((one) => one.seq)).toEqual([1, 2, 3, 4]);
    expect(joined(known, [word(1)])).toBe(known);
  });
});

describe("a link", () => {
  it("has its token behind the sign that no server sees", () => {
    const token = "a".repeat(43);
    expect(tokenOf(`#${token}`)).toBe(token);
    for (const rubbish of ["", "#", "#short", `#${"a".repeat(100)}`, "#../../etc/passwd-and-more"])
      expect(tokenOf(rubbish)).toBeNull();
  });
});

describe("words", () => {
  it("fill their holes in both languages and are short enough to send", () => {
    for (const language of ["zh-TW", "en"] as const) {
      const say = sayIn(language);
      expect(say("accuracy", { metres: 12 })).toMatch(/12/);
      expect(say("accuracy")).toMatch(/{{metres}}/);
      for (const quick of QUICK) expect(say(quick).length).toBeLessThan(40);
    }
  });
});
