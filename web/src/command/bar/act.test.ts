import { describe, expect, it } from "vitest";
import { asksFirst, flownTo, flyPath } from "./act";
import type { BarIncident, BarUnit, Meaning } from "./grammar";

const unit: BarUnit = { id: "u", call_sign: "永康 21", state: "available" };
const incident: BarIncident = {
  id: "i",
  number: "115-1121-0123",
  kind: "fight",
  priority: 2,
  assignments: [],
};
const assign: Meaning = { kind: "assign", units: [unit], incident };
const look: Meaning = { kind: "go", incident, view: "card" };

describe("a second Enter", () => {
  it("is not asked for where the line says all", () => {
    expect(asksFirst(assign, { meanings: [assign], hint: null })).toBe(false);
  });

  it("is asked for where one of several is chosen, or something was not said", () => {
    expect(asksFirst(assign, { meanings: [assign, assign], hint: null })).toBe(true);
    expect(asksFirst(assign, { meanings: [assign], hint: { why: "which_incident" } })).toBe(true);
  });

  it("is never asked for a look", () => {
    expect(asksFirst(look, { meanings: [look, look], hint: { why: "which_incident" } })).toBe(false);
  });

  it("is asked for what does not come back", () => {
    const close: Meaning = { kind: "close", incident, code: "handled" };
    expect(asksFirst(close, { meanings: [close], hint: null })).toBe(true);
  });
});

describe("a place", () => {
  const place = { lon: 120.2, lat: 22.99 };
  const paramsOf = (path: string) => Object.fromEntries(new URLSearchParams(path.split("?")[1]));

  it("is flown to without leaving the call that is being taken", () => {
    expect(paramsOf(flyPath(place, "/command", "new=call&call=7&view=table"))).toEqual({
      new: "call",
      call: "7",
      fly: "120.2,22.99",
    });
  });

  it("takes nothing along from another page", () => {
    expect(paramsOf(flyPath(place, "/tours", "plan=7"))).toEqual({ fly: "120.2,22.99" });
  });

  it("is read as it was written, and nothing else is a place", () => {
    expect(flownTo(new URLSearchParams(flyPath(place, "/", "").split("?")[1]).get("fly"))).toEqual(place);
    for (const none of [null, "", ",", "120", "120,", "a,b", "120,22,1", "500,22", "120,NaN"])
      expect([none, flownTo(none)]).toEqual([none, null]);
  });
});
