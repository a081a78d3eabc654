import decode from "qr/decode.js";
import { encode } from "uqr";
import { describe, expect, it } from "vitest";
import { decoded, PICTURE_MAX_PX, readSize } from "./barcode";

const TEXT = "SH1:P:06EV1B7Q3C6ZV0QK1M3T8W9X4R:ABCDEFGHJKMNPQRS";

/** The code as a camera would see it: dark on light, each module some pixels, a margin, all of it shifted. */
function picture(text: string, module_px: number): ImageData {
  const { data } = encode(text, { ecc: "M", border: 4 });
  const size = data.length * module_px + 40;
  const pixels = new Uint8ClampedArray(size * size * 4).fill(230);
  for (let y = 0; y < data.length * module_px; y += 1) {
    for (let x = 0; x < data.length * module_px; x += 1) {
      const isDark = data[Math.floor(y / module_px)]?.[Math.floor(x / module_px)] ?? false;
      const at = ((y + 13) * size + x + 27) * 4;
      pixels.fill(isDark ? 30 : 230, at, at + 3);
    }
  }
  return { data: pixels, width: size, height: size, colorSpace: "srgb" } as ImageData;
}

describe("the reader for phones whose browser has none", () => {
  it("reads what we print", () => {
    expect(decoded(decode, picture(TEXT, 5))).toEqual([TEXT]);
  });

  it("finds nothing in an empty picture and in one of noise, and does not fail", () => {
    const blank = {
      data: new Uint8ClampedArray(64 * 64 * 4),
      width: 64,
      height: 64,
      colorSpace: "srgb",
    } as ImageData;
    expect(decoded(decode, blank)).toEqual([]);
    const noise = picture(TEXT, 4);
    noise.data.forEach((_, at) => {
      noise.data[at] = (at * 7919) % 256;
    });
    expect(decoded(decode, noise)).toEqual([]);
  });

  it("looks at a large picture in its own shape and at a small one as it is", () => {
    expect(readSize(1920, 1080)).toEqual({ width: PICTURE_MAX_PX, height: 540 });
    expect(readSize(640, 480)).toEqual({ width: 640, height: 480 });
    expect(readSize(0, 0)).toEqual({ width: 0, height: 0 });
  });
});
