import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { IncidentLogLine } from "../../app/api/types";
import type { Call } from "../../app/api/types.intake";
import { resemblanceText, takenIn } from "./duplicates";
import { nextCall } from "./useCalls";
import { isWorthAsking } from "./useDuplicates";

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

describe("what is asked and taken", () => {
  it("is asked with a place, or with a kind and words or a caller", () => {
    const said = { kind: null, position: null, address: "", call: null };
    expect(isWorthAsking(said)).toBe(false);
    expect(isWorthAsking({ ...said, kind: "fight" })).toBe(false);
    expect(isWorthAsking({ ...said, address: "中正路" })).toBe(false);
    expect(isWorthAsking({ ...said, kind: "fight", address: "中正路" })).toBe(true);
    expect(isWorthAsking({ ...said, kind: "fight", call: "x" })).toBe(true);
    expect(isWorthAsking({ ...said, position: { lon: 120, lat: 23 } })).toBe(true);
  });

  it("is taken in the order in which it rang, and what does not ring is not taken by a key", () => {
    const call = (id: string, state: Call["state"], arrived_at_us: number) =>
      ({ id, state, arrived_at_us }) as Call;
    expect(nextCall([])).toBeNull();
    const calls = [call("late", "ringing", 9), call("first", "ringing", 3), call("gone", "abandoned", 1)];
    expect(nextCall(calls)?.id).toBe("first");
    expect(nextCall([call("gone", "abandoned", 1), call("hers", "taken", 2)])).toBeNull();
  });
});
