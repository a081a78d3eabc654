import { expect, test } from "vitest";
import { amendment, type Edited, wayBack } from "./amend";

const was: Edited = { kind: "fight", priority: 2, address: "中正路", position: { lon: 120.25, lat: 23.03 } };

test("only what was changed is corrected, each with what stood there", () => {
  const now = { ...was, priority: 1, address: " 中山路 ", position: { lon: 120.25, lat: 23.03 } };
  expect(amendment(was, now)).toEqual({
    priority: { was: 2, now: 1 },
    address: { was: "中正路", now: "中山路" },
  });
  expect(amendment(was, { ...was, address: "中正路 " })).toBeNull();
});

test("a place that was unknown and one that is taken away are corrections too", () => {
  const unknown = { ...was, position: null };
  expect(amendment(unknown, was)).toEqual({ position: { was: null, now: was.position } });
  expect(amendment(was, unknown)).toEqual({ position: { was: was.position, now: null } });
});

test("the way back of the way back is the correction", () => {
  const body = amendment(was, { kind: "noise", priority: 4, address: "x", position: null });
  if (!body) throw new Error("something was changed");
  expect(wayBack(body).kind).toEqual({ was: "noise", now: "fight" });
  expect(wayBack(wayBack(body))).toEqual(body);
});
