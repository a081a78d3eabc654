import { describe, expect, it } from "vitest";
import type { Check } from "../app/api/types.shifts";
import { loudness } from "./alarm";

const check = (id: string, priority: number, state: Check["state"]) => ({ id, priority, state }) as Check;

describe("overdue checks", () => {
  it("are as loud as the most pressing of them", () => {
    expect(loudness([check("a", 2, "overdue"), check("b", 1, "overdue")], null)).toBe("siren");
    expect(loudness([check("a", 2, "overdue"), check("b", 1, "asked")], null)).toBe("repeated");
    expect(loudness([check("a", 4, "overdue")], null)).toBe("once");
    expect(loudness([check("a", 1, "asked")], null)).toBe("silent");
    expect(loudness([], null)).toBe("silent");
  });

  it("are silent while somebody at this console deals with them, and only those", () => {
    const two = [check("a", 1, "overdue"), check("b", 3, "overdue")];
    expect(loudness(two, "a")).toBe("once");
    expect(loudness(two, "b")).toBe("siren");
  });
});
