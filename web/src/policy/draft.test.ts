import { describe, expect, it } from "vitest";
import { ApiError } from "../app/api/client";
import type { DispatchPolicy } from "../app/api/types.choice";
import { cleaned, draftOf, isAbout, refusalOf, withNeeds } from "./draft";

const policy: DispatchPolicy = {
  policy: "nearest_by_road",
  stale_after_s: 120,
  preemption: { is_on: true, levels_min: 2, saves_min_s: 120, times_max: 1 },
  rest: { duty_max_s: 28_800, rest_min_s: 600, slower_max_s: 90 },
  coverage: { s_per_percent: 10, slower_max_s: 90, threshold_s: 300, busy_share: 0.3 },
  handover_saves_min_s: 60,
  ageing_step_s: 900,
  needs: { drunk_driving: ["breath_test"] },
  checks: {
    par_priority_max: 1,
    par_every_s: 1_200,
    answer_within_s: 120,
    watches_en_route: true,
    still_m: 50,
    still_for_s: 300,
    silent_for_s: 300,
    watches_patrol: false,
    patrol_still_for_s: 1_800,
  },
  set_at_us: 1,
  set_by: "督導 王",
};

const refused = (params: Record<string, string | number>) =>
  new ApiError({ type: "x", title: "x", status: 422, key: "dispatch.policy.out_of_range", params });

describe("a policy that is edited", () => {
  it("is sent without who set it and when", () => {
    expect(Object.keys(draftOf(policy))).not.toContain("set_by");
    expect(Object.keys(draftOf(policy))).not.toContain("set_at_us");
  });

  it("keeps other kinds when one changes, and forgets kinds that ask for nothing", () => {
    const more = withNeeds(draftOf(policy), "traffic_crash", ["crash_kit"]);
    expect(more.needs).toEqual({ drunk_driving: ["breath_test"], traffic_crash: ["crash_kit"] });
    expect(withNeeds(more, "drunk_driving", null).needs).toEqual({ traffic_crash: ["crash_kit"] });
    expect(cleaned(withNeeds(more, "drunk_driving", [])).needs).toEqual({ traffic_crash: ["crash_kit"] });
  });

  it("shows a refusal at its own field", () => {
    const whole = refusalOf(refused({ field: "rest.slower_max_s", least: 0, most: 600 }));
    expect([isAbout(whole, "rest.slower_max_s"), isAbout(whole, "coverage.slower_max_s")]).toEqual([
      true,
      false,
    ]);
    expect(
      isAbout(refusalOf(refused({ field: "ageing_step_s", least: 60, most: 7200 })), "ageing_step_s"),
    ).toBe(true);
    expect(
      isAbout(refusalOf(refused({ field: "times_max", least: 0, most: 5 })), "preemption.times_max"),
    ).toBe(true);
    expect(refusalOf(new Error("x"))).toBeNull();
  });
});
