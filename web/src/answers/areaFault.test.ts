// What the server finds wrong with a file of areas is a code; the words are ours.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../app/api/client";
import { explain } from "../app/states";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";

const shapes = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "domains", "oversight", "src", "areas", "shapes.rs"),
  "utf8",
);
/** `vec![what("code"), ("name", …), …]` of each fault. */
const FAULTS = [...shapes.matchAll(/vec!\[what\("(\w+)"\)(.*)\]/g)].map(
  ([, what = "", more = ""]) =>
    [what, [...more.matchAll(/\("(\w+)"/g)].map((match) => match[1] as string)] as const,
);

beforeAll(async () => {
  await i18next.init({
    resources: { "zh-TW": { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
});

describe("what is wrong with a file of areas", () => {
  it("is said in both languages, with every value that the server tells", () => {
    expect(FAULTS.length).toBe(11);
    for (const [what, names] of FAULTS) {
      const params = Object.fromEntries([
        ["what", what],
        ["name", "東區"],
        ...names.map((name) => [name, `<${name}>`]),
      ]);
      for (const key of ["oversight.areas.file", "oversight.areas.outline"]) {
        const error = new ApiError({ type: "x", title: "t", status: 422, key, params });
        for (const language of ["zh-TW", "en"]) {
          const said = explain(error, i18next.getFixedT(language));
          expect([what, said.match(/area_fault|{{|\$t/)]).toEqual([what, null]);
          for (const name of names) expect(said).toContain(`<${name}>`);
        }
      }
    }
  });
});
