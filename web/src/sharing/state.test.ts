import { expect, it } from "vitest";
import type { SharingPartner } from "../app/api/types.sharing";
import { stateOf } from "./state";

const partner = (change: Partial<SharingPartner>): SharingPartner => ({
  id: "device 1",
  title: "高雄",
  since_us: 1,
  agreement: null,
  passes_until_us: 2,
  is_stopped: false,
  off_at_us: null,
  off_by_name: null,
  off_reason: null,
  on_asked_by_name: null,
  on_reason: null,
  passed_day: 0,
  refused_day: 0,
  ...change,
});

it("what no date stops is never said to stop at one", () => {
  const unnamed = partner({ id: "unnamed GeoJSON", title: "GeoJSON", passes_until_us: null });
  expect(stateOf(unnamed)).toBe("undated");
  expect(stateOf({ ...unnamed, is_stopped: true, off_at_us: 3 })).toBe("off");
});

it("a switch is told before a date, and a date before the agreement that it was of", () => {
  const agreement = { basis: "協議書", until_us: 2, written_at_us: 1, written_by_name: "督導" };
  expect(stateOf(partner({}))).toBe("not_agreed");
  expect(stateOf(partner({ agreement }))).toBe("agreed");
  expect(stateOf(partner({ agreement, is_stopped: true }))).toBe("over");
  expect(stateOf(partner({ agreement, is_stopped: true, off_at_us: 3, passes_until_us: null }))).toBe("off");
});
