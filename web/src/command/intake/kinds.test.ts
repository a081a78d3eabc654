import { describe, expect, it } from "vitest";
import type { IncidentKind } from "../../app/api/types";
import { usableKinds } from "../../app/queries";
import { byName } from "./kinds";

const kind = (key: string, more: Partial<IncidentKind> = {}): IncidentKind => ({
  key,
  title_zh: `名${key}`,
  title_en: key,
  priority: 3,
  ...more,
});

describe("a kind", () => {
  it("is found by title, key and other names", () => {
    const kinds = [kind("scooter_theft", { title_zh: "機車竊盜", aliases: ["偷機車"] }), kind("noise")];
    const options = kinds.map((one) => ({ value: one.key, label: one.title_zh }));
    const found = (typed: string) => byName(options, typed, kinds).map((one) => one.value);
    expect([found("偷"), found("機車竊"), found("NOIS"), found("火"), found(" ").length]).toEqual([
      ["scooter_theft"],
      ["scooter_theft"],
      ["noise"],
      [],
      2,
    ]);
  });

  it("that is retired or does not hold yet opens nothing", () => {
    const kinds = [kind("a"), kind("b", { retired: true }), kind("c", { active_from_us: 11 })];
    expect(usableKinds(kinds, 10).map((one) => one.key)).toEqual(["a"]);
    expect(usableKinds(kinds, 11).map((one) => one.key)).toEqual(["a", "c"]);
  });
});
