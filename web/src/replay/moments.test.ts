import { describe, expect, it } from "vitest";
import type { Assignment, Incident, IncidentLogLine } from "../app/api/types";
import { incidentsAt, lineAt, spanOf, stateAt, stepLine, unitsAt, wholeLog } from "./moments";

const SECOND = 1_000_000;
const line = (second: number) =>
  ({ at_us: second * SECOND, key: "x", by_name: "", params: {} }) as IncidentLogLine;
const log = [line(10), line(20), line(20), line(40)];

const order = {
  id: "a1",
  unit: "u1",
  call_sign: "永康 21",
  offered_at_us: 10 * SECOND,
  en_route_at_us: 20 * SECOND,
  on_scene_at_us: 100 * SECOND,
  closed_at_us: 200 * SECOND,
} as Assignment;
const incident = {
  id: "i1",
  number: "1",
  state: "closed",
  opened_at_us: 0,
  closed_at_us: null,
  assignments: [order],
} as unknown as Incident;
const alone = { incident, reports: [], log: [] };
const place = { lon: 120.2, lat: 23 };
const tracks = [
  {
    unit: "u1",
    call_sign: "永康 21",
    from_us: 10 * SECOND,
    until_us: 200 * SECOND,
    is_cut: false,
    fixes: [30, 60].map((second) => ({ at_us: second * SECOND, position: place, accuracy_m: 5 })),
  },
];
const then = (second: number) => unitsAt(alone, tracks, () => "car", second * SECOND);

describe("the replay of an incident", () => {
  it("knows the newest line, and steps from line to line", () => {
    expect([5, 10, 20, 39, 99].map((second) => lineAt(log, second * SECOND))).toEqual([-1, 0, 2, 2, 3]);
    expect(stepLine(log, 10 * SECOND, 1)).toBe(20 * SECOND);
    expect(stepLine(log, 20 * SECOND, -1)).toBe(10 * SECOND);
    expect(stepLine(log, 40 * SECOND, 1)).toBe(40 * SECOND);
  });

  it("shows a unit while it held its order, in the state of that moment", () => {
    expect([9, 10, 20, 100, 199, 200].map((second) => stateAt(order, second * SECOND))).toEqual([
      null,
      "dispatched",
      "en_route",
      "on_scene",
      "on_scene",
      null,
    ]);
    expect(then(9)).toEqual([]);
  });

  it("says how old a place was then, and makes none up", () => {
    expect(then(20)).toMatchObject([{ old_us: null, unit: { position: null } }]);
    expect(then(45)).toMatchObject([{ old_us: 15 * SECOND, unit: { position: place, state: "en_route" } }]);
    expect(then(150)).toMatchObject([{ old_us: 90 * SECOND, unit: { state: "on_scene" } }]);
  });

  it("draws the incident as it stood then, not as it ended", () => {
    expect([5, 30, 120, 300].map((second) => incidentsAt(alone, second * SECOND)[0]?.state)).toEqual([
      "open",
      "assigned",
      "on_scene",
      "open",
    ]);
  });

  it("tells what was merged into it: its lines, its orders, and its place until then", () => {
    const recalled = {
      ...order,
      id: "a0",
      on_scene_at_us: null,
      offered_at_us: 2 * SECOND,
      closed_at_us: 8 * SECOND,
    };
    const report = {
      ...incident,
      id: "i0",
      number: "0",
      state: "merged",
      assignments: [recalled],
    } as Incident;
    const late = { ...incident, opened_at_us: 5 * SECOND };
    const merged = { ...line(15), key: "incident_merged" };
    const story = {
      incident: late,
      reports: [report],
      // The reply of second 20 was written under both numbers.
      log: wholeLog([line(10), line(20)], [{ number: "0", log: [line(1), merged, line(20)] }]),
    };
    expect(story.log.map(({ at_us, report }) => [at_us / SECOND, report])).toEqual([
      [1, "0"],
      [10, null],
      [15, "0"],
      [20, null],
    ]);
    const drawn = (second: number) =>
      incidentsAt(story, second * SECOND).map((one) => [one.number, one.state]);
    expect(drawn(3)).toEqual([["0", "assigned"]]);
    expect(drawn(9)).toEqual([
      ["1", "open"],
      ["0", "open"],
    ]);
    expect(drawn(16)).toEqual([
      ["1", "assigned"],
      ["0", "merged"],
    ]);
    expect(unitsAt(story, tracks, () => "car", 3 * SECOND).map(({ unit }) => unit.assignment)).toEqual([
      "a0",
    ]);
    expect(spanOf(late, [report], story.log, 99)).toEqual({ from_us: 0, until_us: 99 });
    expect(spanOf(report, [], [line(1), merged], 99).until_us).toBe(15 * SECOND);
  });
});
