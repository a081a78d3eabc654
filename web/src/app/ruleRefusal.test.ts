// A rule of the force says in its own words why it refuses; whoever is refused reads them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { ApiError } from "./api/client";
import { explain } from "./states";

const gate = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "platform", "http", "src", "gate.rs"),
  "utf8",
);
const CONSTANTS = new Map(
  [...gate.matchAll(/const (\w+): &str = "(\w+)";/g)].map(([, name, text]) => [name, text]),
);
/** What the gate sends with the refusal: `problem.params.extend([(NAME.to_owned(), …), …])`. */
const SENT = [
  ...(gate.match(/params\.extend\(\[(.*)\]\)/)?.[1] ?? "").matchAll(/\((\w+)\.to_owned\(\)/g),
].map(([, name]) => CONSTANTS.get(name) ?? `${name} of gate.rs`);

const refusal = (params?: Record<string, string>) =>
  new ApiError({
    type: "x",
    title: "Forbidden",
    status: 403,
    key: "identity.not_permitted",
    ...(params ? { params } : {}),
  });

beforeAll(async () => {
  await i18next.init({
    resources: { "zh-TW": { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
});

describe("a refusal", () => {
  it("by a rule of the force is said in both languages, with every value that the gate sends", () => {
    expect(SENT.toSorted()).toEqual(["rule", "why"]);
    const params = Object.fromEntries(SENT.map((name) => [name, `<${name}>`]));
    for (const language of ["zh-TW", "en"]) {
      const said = explain(refusal(params), i18next.getFixedT(language));
      for (const name of SENT)
        expect([language, said]).toEqual([language, expect.stringContaining(`<${name}>`)]);
      expect(said).not.toMatch(/{{|errors\./);
    }
  });

  it("by the lists of the rooms names no rule", () => {
    for (const language of ["zh-TW", "en"]) {
      const said = explain(refusal(), i18next.getFixedT(language));
      expect(said).not.toMatch(/{{|規則|rule/);
    }
  });

  it("repeats the words of a rule letter by letter", () => {
    const why = "{{rule}} $t(app.none) <b>夜間</b> & 匯出";
    const said = explain(refusal({ rule: "no-files-at-night", why }), i18next.getFixedT("zh-TW"));
    expect(said).toBe(`本單位的規則不允許這個動作：${why}（規則 no-files-at-night）。`);
  });
});
