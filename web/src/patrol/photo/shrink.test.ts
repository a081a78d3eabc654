import { describe, expect, it } from "vitest";
import { asItIs, BYTES_MAX, fitted, SIDE_MAX_PX } from "./shrink";

describe("shrinking", () => {
  it("keeps the shape and makes nothing larger", () => {
    expect(fitted(4000, 3000, SIDE_MAX_PX)).toEqual({ width: 2048, height: 1536 });
    expect(fitted(3000, 4000, SIDE_MAX_PX)).toEqual({ width: 1536, height: 2048 });
    expect(fitted(640, 480, SIDE_MAX_PX)).toEqual({ width: 640, height: 480 });
    expect(fitted(20_000, 3, SIDE_MAX_PX)).toEqual({ width: 2048, height: 1 });
  });

  it("sends what the phone cannot decode only where the server can", () => {
    expect(asItIs({ size: 9, type: "image/jpeg" })).toBeNull();
    expect(asItIs({ size: 0, type: "image/jpeg" })).toBe("empty");
    expect(asItIs({ size: 9, type: "image/heic" })).toBe("unreadable");
    expect(asItIs({ size: BYTES_MAX + 1, type: "image/png" })).toBe("too_large");
  });
});
