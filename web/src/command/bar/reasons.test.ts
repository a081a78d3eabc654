import { describe, expect, it } from "vitest";
import { ApiError } from "../../app/api/client";
import { OVERRIDING_SAID, WITHOUT_UNIT } from "../../app/api/types.reasons";
import { reasonsFor } from "./act";

const refused = (key: string) =>
  new ApiError({ type: "about:blank", title: "", status: 422, key, detail: "" });

describe("what is refused for want of a reason", () => {
  it("is asked for with the closed list of what was declined", () => {
    expect(reasonsFor(refused("dispatch.assign.reason_needed"))).toEqual({
      asked: "proposal",
      codes: OVERRIDING_SAID,
    });
    expect(reasonsFor(refused("dispatch.close.without_unit"))).toEqual({
      asked: "incident",
      codes: WITHOUT_UNIT,
    });
  });

  it("is never that which only the page knows", () => {
    const said = reasonsFor(refused("dispatch.assign.reason_needed"))?.codes;
    expect(said).toContain("knows_place");
    for (const known of ["list_changed", "by_plan"]) expect(said).not.toContain(known);
  });

  it("is nothing where something else was refused", () => {
    expect(reasonsFor(refused("dispatch.assign.on_scene"))).toBeNull();
    expect(reasonsFor(new Error("offline"))).toBeNull();
  });
});
