import type { TFunction } from "i18next";
import { expect, test } from "vitest";
import type { IncidentLogLine } from "../app/api/types";
import { sayLogLine } from "./logLine";

/** The key with what goes into it. */
const t = ((key: string, given: Record<string, unknown> = {}) =>
  `${key} ${String(given.said ?? given.from ?? "")} ${String(given.to ?? "")}`.trim()) as unknown as TFunction;
const line = (key: string, params: Record<string, unknown>): IncidentLogLine => ({
  at_us: 1,
  by_name: "",
  key,
  params,
});

test("what was written down for a crew that radioed says so, and what the crew sent does not", () => {
  expect(sayLogLine(line("assignment_accepted", { by_radio: true }), t)).toBe(
    "desk.radioed incident_log.assignment_accepted",
  );
  expect(sayLogLine(line("assignment_accepted", {}), t)).toBe("incident_log.assignment_accepted");
});

test("a correction says old and new in words: titles of kinds, places in degrees, and nothing where nothing was", () => {
  const title = (key: string) => `<${key}>`;
  expect(sayLogLine(line("kind_amended", { from: "noise", to: "fight" }), t, title)).toContain(
    "<noise> <fight>",
  );
  const moved = line("position_amended", { from: null, to: { lon: 120.25, lat: 23.03 } });
  expect(sayLogLine(moved, t)).toContain("desk.nothing 23.03000, 120.25000");
  expect(sayLogLine(line("address_amended", { from: "", to: "中山路" }), t)).toContain("desk.nothing 中山路");
  expect(sayLogLine(line("priority_amended", { from: 2, to: 1 }), t)).toContain("2 1");
});

test("a crew that declines says why by a code, in words beside it, or as older lines have it", () => {
  const say = ((key: string | string[], given: Record<string, unknown> = {}) =>
    [key, given.reason].flat().filter(Boolean).join(" ")) as unknown as TFunction;
  const said = (params: Record<string, unknown>) => sayLogLine(line("assignment_declined", params), say);
  expect(said({ code: "vehicle", reason: "" })).toBe("incident_log.assignment_declined reason_code.vehicle");
  expect(said({ code: "vehicle", reason: "爆胎" })).toBe(
    "incident_log.assignment_declined reason_code.vehicleapp.clause_joiner爆胎",
  );
  expect(said({ code: null, reason: "爆胎" })).toBe("incident_log.assignment_declined 爆胎");
});
