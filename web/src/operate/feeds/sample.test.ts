import { describe, expect, it } from "vitest";
import { cellsOf, readSample, sampleText } from "./sample";

describe("the columns of a sample file", () => {
  it("are its headings, with what the first row has there", () => {
    const text = '\uFEFF車牌,偵測時間,"備註,其他"\r\nABC-1234,2026-11-20 08:00,"一\r\n二"\r\nDEF-5678,,\r\n';
    expect(readSample(text, true, null)).toEqual({
      columns: ["車牌", "偵測時間", "備註,其他"],
      first: { 車牌: "ABC-1234", 偵測時間: "2026-11-20 08:00", "備註,其他": "一\r\n二" },
    });
  });

  it("are numbers where there is no heading", () => {
    expect(readSample("ABC-1234;2026-11-20\nDEF-5678;2026-11-21\n", false, null)).toEqual({
      columns: ["#1", "#2"],
      first: { "#1": "ABC-1234", "#2": "2026-11-20" },
    });
  });

  it("are the fields of the first object of JSON", () => {
    const lines = '{"plate":"ABC-1234","at":1763600000}\n{"plate":"DEF-5678"}';
    for (const text of [lines, `[${lines.replace("\n", ",")}]`]) {
      expect(readSample(text, true, null)).toEqual({
        columns: ["plate", "at"],
        first: { plate: "ABC-1234", at: "1763600000" },
      });
    }
    expect(readSample("{nonsense", true, null)).toBeNull();
  });

  it("are read from UTF-8 and Big5, and not from Parquet", async () => {
    const big5 = new Uint8Array([0xa8, 0xae, 0xb5, 0x50, 0x2c, 0x74, 0x0a]);
    expect(await sampleText(new Blob([big5]))).toBe("車牌,t\n");
    expect(await sampleText(new Blob(["車牌,t\n"]))).toBe("車牌,t\n");
    expect(await sampleText(new Blob(["PAR1rest"]))).toBeNull();
  });

  it("stop at the lines that were asked for", () => {
    expect(cellsOf("a,b\nc,d\ne,f", ",", 2)).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });
});
