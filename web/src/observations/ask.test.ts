import { describe, expect, it } from "vitest";
import { askPath, type Draft, lacksOffice, requestOf } from "./ask";

const whole: Draft = {
  plates: "ABC-1234， xy-9999\nABC-1234",
  caseRef: " 115-偵-7 ",
  basis: "serious_offence",
  reason: "連續竊盜集團使用之車輛，查證動線",
  from: "2026-10-01",
  until: "2026-10-31",
  termDays: 30,
};

describe("a request for a consent", () => {
  it("names each plate once", () => {
    expect(requestOf(whole)?.plates).toEqual(["ABC-1234", "xy-9999"]);
  });

  it("counts days in Taipei, the last one included", () => {
    const asked = requestOf(whole);
    expect(asked?.from_us).toBe(Date.UTC(2026, 8, 30, 16) * 1000);
    expect(asked?.until_us).toBe(Date.UTC(2026, 9, 31, 16) * 1000);
  });

  it("is sent only when it is whole", () => {
    expect(requestOf(whole)?.case_ref).toBe("115-偵-7");
    const broken: Partial<Draft>[] = [
      { plates: " " },
      { plates: Array.from({ length: 11 }, (_, n) => `AB-10${n}`).join(" ") },
      { caseRef: " " },
      { basis: null },
      { reason: "too short" },
      { from: "2026-11-02" },
      { from: "2026-13-01" },
      { until: "yesterday" },
      { until: "" },
      { termDays: 366 },
      { termDays: "" },
      { termDays: 1.5 },
    ];
    for (const part of broken) expect([part, requestOf({ ...whole, ...part })]).toEqual([part, null]);
  });

  it("is reached with plate and case filled in", () => {
    expect(askPath("ABC-1234", "115-偵-7")).toBe("/observations?tab=ask&plate=ABC-1234&case=115-%E5%81%B5-7");
  });
});

it("who asks or decides is told that an office is missing, and nobody else", () => {
  const may =
    (...held: string[]) =>
    (permission: string) =>
      held.includes(permission);
  expect(lacksOffice(null, may("observations.ask"))).toBe(true);
  expect(lacksOffice(undefined, may("observations.decide"))).toBe(true);
  expect(lacksOffice("刑警大隊", may("observations.ask", "observations.decide"))).toBe(false);
  expect(lacksOffice(null, may("observations.watch", "observations.review"))).toBe(false);
});
