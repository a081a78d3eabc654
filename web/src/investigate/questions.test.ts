import { describe, expect, it } from "vitest";
import {
  carriedTo,
  type Draft,
  FIRST,
  fromParams,
  isNarrowed,
  KINDS,
  problemsOf,
  SPECS,
  toParams,
} from "./questions";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const made = (part: Partial<Draft>): Draft => ({ ...FIRST, ...part });

const FULL = made({
  plate: "BKF5820",
  plates: "ABC1234 XYZ9876",
  likeness: "one_off",
  cameras: ["a", "b"],
  later: ["c"],
  area: { kind: "circle", centre: { lon: 120.2, lat: 22.99 }, radius_m: 800 },
  within_s: 90,
  shared_min: 4,
  meet_s: 120,
  later_min: 30,
  near_m: 150,
  by: "cell",
  listed: "plates",
  look: { kind: "truck", colour: "white" },
  camera: "d",
  thefts: "ABC1234 2026-11-01 08:30 2026-11-04 10:00\nDEF5678 2026-11-02 00:00",
  resolution: "9",
  look_days: 45,
  period: "30",
  side: "after",
});

describe("a question in the address", () => {
  it("comes back as it was, for every kind", () => {
    for (const kind of KINDS) {
      const draft = carriedTo(kind, { ...FULL, span: { preset: "24h", from: "", until: "" } });
      const back = fromParams(toParams(kind, draft, false), FIRST);
      expect(back.kind).toBe(kind);
      for (const field of SPECS[kind].fields)
        expect([kind, field, back.draft[field]]).toEqual([kind, field, draft[field]]);
      expect(problemsOf(kind, back.draft, NOW)).toEqual({});
    }
  });

  it("keeps a window of two times, and ignores a time that is none", () => {
    const span = { preset: null, from: "2026-11-20T08:00", until: "2026-11-20T20:00" };
    const back = fromParams(toParams("history", made({ plate: "BKF5820", span }), true), FIRST);
    expect(back.draft.span).toEqual(span);
    expect(fromParams(new URLSearchParams("from=yesterday"), FIRST).draft.span.preset).toBe("7d");
  });

  it("says only what belongs to its kind", () => {
    expect(toParams("convoys", FULL, false).toString()).toBe(
      "q=convoys&plate=BKF5820&within_s=90&shared_min=4",
    );
  });

  it("asks the pictures only where passages are listed", () => {
    expect(toParams("history", FULL, false).toString()).toContain("kind=truck&colour=white");
    expect(fromParams(new URLSearchParams("plate=BKF5820&kind=tank&colour=mauve"), FULL).draft.look).toEqual(
      FIRST.look,
    );
    expect([isNarrowed("history", FULL), isNarrowed("area", FULL)]).toEqual([true, false]);
    expect(isNarrowed("area", { ...FULL, listed: "passages" })).toBe(true);
    expect(isNarrowed("convoys", FULL)).toBe(false);
  });

  it("keeps a list of thefts that is too long for an address in the field alone", () => {
    const line = (at: number) => `ABC${1000 + at} 2026-11-01 08:30`;
    const thefts = Array.from({ length: 21 }, (_, at) => line(at)).join("\n");
    const params = toParams("zones", made({ thefts }), false);
    expect(params.has("thefts")).toBe(false);
    expect(fromParams(params, made({ thefts })).draft.thefts).toBe(thefts);
  });

  it("that somebody bent is read as far as it makes sense", () => {
    const bent = new URLSearchParams("q=nonsense&like=x&within_s=-4&area=p:1,2&w=900d&plate=%3Cb%3E");
    const { kind, draft } = fromParams(bent, FIRST);
    expect(kind).toBe("history");
    expect(draft.span.preset).toBe("7d");
    expect(problemsOf(kind, draft, NOW).plate).toBe("plate_wrong");
  });
});

describe("a question that cannot be asked", () => {
  it("names the field", () => {
    expect(problemsOf("history", made({}), NOW)).toEqual({ plate: "plate_missing" });
    expect(problemsOf("history", made({ plate: "A?" }), NOW)).toEqual({ plate: "too_vague" });
    expect(problemsOf("trajectory", made({ plate: "ABC12?4" }), NOW)).toEqual({ plate: "plate_whole" });
    expect(problemsOf("meetings", made({ plates: "ABC1234 abc-1234" }), NOW)).toEqual({
      plates: "plates_two",
    });
    expect(problemsOf("convoys", made({ plate: "ABC1234", within_s: Number.NaN }), NOW)).toEqual({
      within_s: "number_wrong",
    });
    expect(problemsOf("zones", made({}), NOW)).toEqual({ thefts: "thefts_missing" });
    expect(problemsOf("zones", made({ thefts: "ABC1234 tomorrow" }), NOW)).toEqual({
      thefts: "thefts_wrong",
    });
    expect(problemsOf("area", made({ span: { preset: "1h", from: "", until: "" } }), NOW)).toEqual({
      area: "area_missing",
    });
  });

  it("has a pattern over a window that only a whole plate may have", () => {
    const wide = { preset: "365d" as const, from: "", until: "" };
    expect(problemsOf("history", made({ plate: "ABC1234", span: wide }), NOW)).toEqual({});
    expect(problemsOf("history", made({ plate: "ABC12?4", span: wide }), NOW)).toEqual({
      span: "range_wide",
    });
  });

  it("ends before it begins", () => {
    const span = { preset: null, from: "2026-11-20T08:00", until: "2026-11-20T08:00" };
    expect(problemsOf("history", made({ plate: "ABC1234", span }), NOW)).toEqual({ span: "range_wrong" });
    const open = { preset: null, from: "", until: "" };
    expect(problemsOf("history", made({ plate: "ABC1234", span: open }), NOW)).toEqual({
      span: "range_missing",
    });
  });
});

describe("a draft for another question", () => {
  it("keeps its window where it may, and takes the widest that is allowed where not", () => {
    const year = made({ span: { preset: "365d", from: "", until: "" } });
    expect(carriedTo("convoys", year).span.preset).toBe("30d");
    expect(carriedTo("cameras", year).span.preset).toBe("7d");
    expect(carriedTo("history", year).span.preset).toBe("365d");
  });
});
