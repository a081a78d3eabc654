import { describe, expect, it } from "vitest";
import { ageOf, isStale, microsFromTaipei, readable, taipei, taipeiField } from "./age";

const NOW_MS = Date.parse("2026-11-21T09:00:00Z");
const secondsAgo = (seconds: number) => (NOW_MS - seconds * 1000) * 1000;

describe("age", () => {
  it("is rounded down, so nothing looks older than it is", () => {
    expect(ageOf(secondsAgo(179), NOW_MS)).toMatchObject({ unit: "minutes", count: 2 });
    expect(ageOf(secondsAgo(180), NOW_MS)).toMatchObject({ unit: "minutes", count: 3 });
    expect(ageOf(secondsAgo(59), NOW_MS)).toMatchObject({ unit: "seconds", count: 59 });
    expect(ageOf(secondsAgo(86_399), NOW_MS)).toMatchObject({ unit: "hours", count: 23 });
    expect(ageOf(secondsAgo(86_400), NOW_MS)).toMatchObject({ unit: "days", count: 1 });
  });

  it("calls the last seconds now, also when the server's clock is slightly ahead", () => {
    expect(ageOf(secondsAgo(4), NOW_MS).unit).toBe("now");
    expect(ageOf(secondsAgo(-3), NOW_MS)).toEqual({ unit: "now", count: 0, isFuture: false });
  });

  it("says when something lies ahead", () => {
    expect(ageOf(secondsAgo(-7200), NOW_MS)).toEqual({ unit: "hours", count: 2, isFuture: true });
  });

  it("treats a position older than two minutes, or none, as stale", () => {
    expect(isStale(secondsAgo(120), NOW_MS)).toBe(false);
    expect(isStale(secondsAgo(121), NOW_MS)).toBe(true);
    expect(isStale(null, NOW_MS)).toBe(true);
  });
});

describe("Taipei time", () => {
  it("is eight hours ahead of UTC", () => {
    expect(taipei(NOW_MS * 1000)).toBe("2026-11-21 17:00:00");
  });

  it("survives a form field and back", () => {
    const at = NOW_MS * 1000;
    expect(microsFromTaipei(taipeiField(at))).toBe(at);
    expect(microsFromTaipei("2026-11-21")).toBe(Date.parse("2026-11-20T16:00:00Z") * 1000);
    expect(microsFromTaipei("yesterday")).toBeNull();
  });
});

it("a leaf's moments are read as dates, and nothing else of it is touched", () => {
  expect(readable("ABC-1234 from 1792701659753000 until 1795380059754000")).toBe(
    "ABC-1234 from 2026-10-23 04:40:59 until 2026-11-23 04:40:59",
  );
  expect(readable("01a204fd-783f-7925-9bc8-f97f7024dedd 12345678901234567")).toBe(
    "01a204fd-783f-7925-9bc8-f97f7024dedd 12345678901234567",
  );
});
