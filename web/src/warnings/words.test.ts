import { describe, expect, it } from "vitest";
import type { Warning, WarningText } from "../app/api/types.warnings";
import { groupsOf, headlineOf, merged, severityOf, stateOf, toneOf } from "./words";

const NOW_MS = 1_795_000_000_000;
const HOUR_US = 3_600_000_000;

const text = (part: Partial<WarningText>): WarningText => ({
  language: "zh-TW",
  event: "封路",
  headline: "中正路封閉",
  description: "",
  instruction: "",
  urgency: "Immediate",
  severity: "Moderate",
  certainty: "Observed",
  ...part,
});

const warning = (part: Partial<Warning>): Warning => ({
  id: "w1",
  is_ours: true,
  state: "in_force",
  sender: "warnings@tainan.example",
  identifier: "w1",
  sent_at_us: NOW_MS * 1000,
  status: "Actual",
  msg_type: "Alert",
  expires_at_us: NOW_MS * 1000 + HOUR_US,
  is_expired: false,
  incident: null,
  earlier: null,
  created_by_name: "執勤 張",
  issued_at_us: null,
  issued_by_name: null,
  ended_by: null,
  texts: [text({})],
  areas: [],
  ...part,
});

describe("a warning in the list", () => {
  it("expires by the clock, whatever was fetched", () => {
    const soon = warning({ expires_at_us: NOW_MS * 1000 + 1 });
    expect([stateOf(soon, NOW_MS), stateOf(soon, NOW_MS + 1)]).toEqual(["in_force", "expired"]);
    expect(stateOf({ ...soon, state: "draft" }, NOW_MS + 1)).toBe("draft_late");
    expect(stateOf({ ...soon, state: "cancelled" }, NOW_MS + 1)).toBe("cancelled");
  });

  it("is grouped: the worst in force first, then drafts, then what is over", () => {
    const mild = warning({ id: "mild", texts: [text({ severity: "Minor" })] });
    const bad = warning({ id: "bad", sent_at_us: 1, texts: [text({}), text({ severity: "Extreme" })] });
    const groups = groupsOf(
      [
        mild,
        warning({ id: "late draft", state: "draft", expires_at_us: 1 }),
        warning({ id: "gone", expires_at_us: 1 }),
        bad,
        warning({ id: "told", state: "told" }),
      ],
      NOW_MS,
    );
    expect(groups.in_force.map((one) => one.id)).toEqual(["bad", "mild"]);
    expect(groups.waiting.map((one) => one.id)).toEqual(["late draft"]);
    expect(groups.over.map((one) => one.id).sort()).toEqual(["gone", "told"]);
  });

  it("alarms only for what is real, bad and now", () => {
    const severe = warning({ texts: [text({ severity: "Severe" })] });
    expect(toneOf(severe, NOW_MS)).toBe("alarm");
    expect(toneOf({ ...severe, status: "Exercise" }, NOW_MS)).toBe("calm");
    expect(toneOf({ ...severe, state: "draft" }, NOW_MS)).toBe("calm");
    expect(toneOf(warning({}), NOW_MS)).toBe("warn");
    expect(severityOf(warning({ texts: [] }))).toBe("Unknown");
  });

  it("is read in the reader's language where it has it", () => {
    const both = warning({ texts: [text({ language: "en-US", headline: "Road closed" }), text({})] });
    expect(headlineOf(both, "en")).toBe("Road closed");
    expect(headlineOf(both, "zh-TW")).toBe("中正路封閉");
    expect(headlineOf(warning({ texts: [text({ headline: "" })] }), "en")).toBe("封路");
    expect(headlineOf(warning({ texts: [] }), "en")).toBe("w1");
  });

  it("stands once, although both lists have it", () => {
    const twice = merged([warning({ id: "a" })], [warning({ id: "a" }), warning({ id: "b" })]);
    expect(twice.map((one) => one.id)).toEqual(["a", "b"]);
  });
});
