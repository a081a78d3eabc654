import { describe, expect, it } from "vitest";
import { ApiError } from "../../app/api/client";
import { OVERRIDING, WITHOUT_UNIT } from "../../app/api/types.reasons";
import { reasonsFor } from "./act";

const refused = (key: string) =>
  new ApiError({ type: "about:blank", title: "", status: 422, key, detail: "" });

describe("what is refused for want of a reason", () => {
  it("is asked for with the closed list of what was declined", () => {
    expect(reasonsFor(refused("dispatch.assign.reason_needed"))).toEqual(OVERRIDING);
    expect(reasonsFor(refused("dispatch.close.without_unit"))).toEqual(WITHOUT_UNIT);
  });

  it("is nothing where something else was refused", () => {
    expect(reasonsFor(refused("dispatch.assign.on_scene"))).toEqual([]);
    expect(reasonsFor(new Error("offline"))).toEqual([]);
  });
});
