import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { IncidentLogLine } from "../../app/api/types";
import { resemblanceText, takenIn } from "./duplicates";

const line = (key: string, incident: string): IncidentLogLine => ({
  at_us: 1,
  by_name: "",
  key,
  params: { incident, number: `115-1122-${incident}` },
});

describe("what was merged into an incident", () => {
  it("is what came and did not go back, and may come again", () => {
    const log = [
      line("incident_took_in", "a"),
      line("incident_took_in", "b"),
      line("incident_gave_back", "a"),
      line("incident_opened", "c"),
    ];
    expect(takenIn(log)).toEqual([{ incident: "b", number: "115-1122-b" }]);
    expect(takenIn([...log, line("incident_took_in", "a")]).map((one) => one.incident)).toEqual(["b", "a"]);
  });
});

describe("a reason", () => {
  it("says metres and time with their unit, and a key that has no words as it is", () => {
    const t = ((key: string, values?: Record<string, unknown>) =>
      key.startsWith("duplicate.") ? `${key.slice(17)}:${values?.value}` : `${key}`) as unknown as TFunction;
    expect(resemblanceText({ key: "same_kind", is_for: true, value: null }, t)).toBe("same_kind:");
    expect(resemblanceText({ key: "away", is_for: true, value: 180 }, t)).not.toBe("away:180");
  });
});
