import { expect, it } from "vitest";
import { sayList } from "./say";

it("several are joined as each language joins them, and one stands alone", () => {
  expect(sayList(["ABC-1280", "XY-9876", "EAA-5551"], "zh-TW")).toBe("ABC-1280、XY-9876和EAA-5551");
  expect(sayList(["ABC-1280", "XY-9876", "EAA-5551"], "en")).toBe("ABC-1280, XY-9876, and EAA-5551");
  expect(sayList(["ABC-1280"], "zh-TW")).toBe("ABC-1280");
  expect(sayList([], "en")).toBe("");
});
