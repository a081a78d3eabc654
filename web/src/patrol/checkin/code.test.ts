import { describe, expect, it } from "vitest";
import { typedLines } from "../../boxes/sheets";
import { cleanCode, kindOf, needsNonce, shortCode } from "./code";

const CODE = "SH1:P:01J9ZQ4T7V3C8XW2M5N6PKRDEF:A7K2M9QX4TBV6C3D";
const TAG = "SHOUHU:T?B=01J9ZQ4T7V3C8XW2M5N6PKRDEF&E=EF963FF7828658A599F3041510671E88&C=94EED9EE65337086";

describe("a code from a label, a screen or a thumb", () => {
  it("is the same in lower case, full width, with blanks and over several lines", () => {
    expect(cleanCode(CODE.toLowerCase())).toBe(CODE);
    expect(cleanCode(`  ${CODE}\r\n`)).toBe(CODE);
    expect(cleanCode(CODE.replace(/./g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)))).toBe(CODE);
    expect(cleanCode(`\u200B${CODE.slice(0, 12)}\u3000${CODE.slice(12)}\uFEFF`)).toBe(CODE);
  });

  it("can be typed as the printed label breaks it up", () => {
    expect(cleanCode(typedLines(CODE).join("\n"))).toBe(CODE);
  });

  it("is the same however a phone spells a tag's address", () => {
    expect(cleanCode(` ${TAG.toLowerCase()}\n`)).toBe(TAG);
  });

  it("is told apart by what it proves", () => {
    expect(kindOf(CODE)).toBe("printed");
    expect(kindOf("SH1:R:01J9ZQ4T7V3C8XW2M5N6PKRDEF:12345678")).toBe("rotating");
    expect(kindOf(TAG)).toBe("tag");
    expect(kindOf(cleanCode("04:de:5f:1e:ac:c0:40"))).toBe("uid");
    for (const foreign of ["", "0912345678", "https://shouhu.example/t?b=1", "SH1:P:", "WIFI:S:office;;"]) {
      expect([foreign, kindOf(cleanCode(foreign))]).toEqual([foreign, null]);
    }
  });

  it("needs a nonce only where the code never changes", () => {
    expect(needsNonce(CODE)).toBe(true);
    expect(needsNonce("SH1:R:01J9ZQ4T7V3C8XW2M5N6PKRDEF:12345678")).toBe(false);
    expect(needsNonce(TAG)).toBe(false);
  });

  it("is named by its last letters while it waits", () => {
    expect(shortCode(CODE)).toBe("6C3D");
  });
});
