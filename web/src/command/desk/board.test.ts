import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Incident, Unit } from "../../app/api/types";
import { boardRows, WIDE_PX } from "./board";

const unit = (call_sign: string, state: Unit["state"], assignment: string | null = null) =>
  ({ id: call_sign, call_sign, state, assignment }) as Unit;
const incidents = [{ number: "115-1121-0001", assignments: [{ id: "a1" }] }] as Incident[];

test("who can be sent stands first, and who is bound says to what", () => {
  const rows = boardRows(
    [
      unit("C", "off_duty"),
      unit("B", "on_scene", "a1"),
      unit("D", "available"),
      unit("A", "available"),
      unit("E", "en_route", "gone"),
    ],
    incidents,
  );
  expect(rows.map((row) => [row.unit.call_sign, row.number])).toEqual([
    ["A", null],
    ["D", null],
    ["E", null],
    ["B", "115-1121-0001"],
    ["C", null],
  ]);
});

test("the columns and the board begin at one width", () => {
  // Where the columns of the page stand, for what is loaded later wins over them.
  for (const file of ["./desk.css", "../command.css"]) {
    expect(readFileSync(new URL(file, import.meta.url), "utf8")).toContain(
      `@media (min-width: ${WIDE_PX}px)`,
    );
  }
  const columns = readFileSync(new URL("./desk.css", import.meta.url), "utf8");
  expect(columns).not.toMatch(/\.command[ [{]/);
});
