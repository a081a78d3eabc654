import { expect, test } from "vitest";
import type { RegisterLine, RegisterState } from "../app/api/types.register";
import { inOrder, matching } from "./register";

const line = (name: string, state: RegisterState, until_us: number, purpose?: string): RegisterLine => ({
  camera: name,
  name,
  kind: "fixed",
  position: { lon: 120.2, lat: 23 },
  is_active: true,
  state,
  until_us,
  review: purpose
    ? {
        basis: "public_place",
        purpose,
        notice: "現場告示",
        decided_at_us: 1,
        decided_by_name: "陳督導",
        until_us,
        ended_at_us: null,
        end_reason: null,
      }
    : null,
  destroyed: 0,
});

const LINES = [
  line("民權路口", "reviewed", 9, "路口治安"),
  line("中正路口", "stopped", 3),
  line("公園", "due", 5, "竊盜熱區"),
  line("車站", "due", 4),
  line("新橋", "new", 1),
];

test("what records nothing comes first, then what is due soonest", () => {
  expect(inOrder(LINES).map((one) => one.name)).toEqual(["中正路口", "車站", "公園", "新橋", "民權路口"]);
});

test("every word must be somewhere in name, purpose or notice, in any width", () => {
  expect(matching(LINES, "路口　治安", "all").map((one) => one.name)).toEqual(["民權路口"]);
  expect(matching(LINES, "", "due")).toHaveLength(2);
  expect(matching(LINES, "告示 竊盜", "due").map((one) => one.name)).toEqual(["公園"]);
  expect(matching(LINES, "竊盜", "new")).toHaveLength(0);
});
