// Ties the closed lists of base/wire (why something was not done) to the lists of the app and to the texts of both languages.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { REJECT_REASONS } from "../app/api/types";
import { ASIDE_REASONS } from "../app/api/types.misuse";
import {
  ASKED,
  type Asked,
  DECLINING,
  LEFT_ASIDE,
  NOT_ANSWERED,
  NOT_FOLLOWED,
  NOT_FOUNDED,
  OVERRIDING,
  OVERRIDING_SAID,
  PLAN_DECLINED,
  WITHOUT_UNIT,
} from "../app/api/types.reasons";
import { reasonKeys, sayReason } from "../app/reasonText";
import { en } from "./en";
import { zh } from "./zh";

const wire = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "base", "wire", "src", "not_done.rs"),
  "utf8",
).split("#[cfg(test)]")[0] as string;

const words = (text: string) => [...text.matchAll(/"([a-z_]+)"/g)].map((match) => match[1] as string);
const snake = (name: string) => name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** `Name { Variant = "code", … }` of each list. */
const LISTS = new Map(
  [...wire.matchAll(/reasons!\(\s*(?:\/\/\/.*\s*)*(\w+) \{([\s\S]*?)\n {4}\}\n\);/g)].map(
    ([, name = "", body = ""]) => [name, words(body.replace(/\/\/\/.*/g, ""))] as const,
  ),
);

/** What may be said to each thing that is asked. */
const CODES = new Map(
  [...wire.matchAll(/Self::(\w+) => (?:(\w+)::CODES|&\[([^\]]*)\]),/g)].map(
    ([, asked = "", list, codes = ""]) =>
      [snake(asked), list ? (LISTS.get(list) ?? []) : words(codes)] as const,
  ),
);

beforeAll(async () => {
  await i18next.init({
    lng: "zh-TW",
    resources: { "zh-TW": { translation: zh }, en: { translation: en } },
    returnNull: false,
  });
});

describe("the closed lists of base/wire", () => {
  it("are read whole", () => {
    expect(LISTS.size).toBe(7);
    expect([...CODES.keys()]).toEqual([...ASKED]);
    for (const [name, codes] of LISTS) expect([name, codes.length > 3]).toEqual([name, true]);
    expect(wire).toContain(`NOT_ANSWERED: &str = "${NOT_ANSWERED}"`);
  });

  it("are those of the app, code by code", () => {
    const ours = {
      NotFollowed: NOT_FOLLOWED,
      Overriding: OVERRIDING,
      Declining: DECLINING,
      WithoutUnit: WITHOUT_UNIT,
      PlanDeclined: PLAN_DECLINED,
      LeftAside: LEFT_ASIDE,
      NotFounded: NOT_FOUNDED,
    };
    for (const [name, codes] of Object.entries(ours))
      expect([name, LISTS.get(name)]).toEqual([name, [...codes]]);
    expect(CODES.get("hit")).toEqual([...REJECT_REASONS]);
    expect(CODES.get("misuse_alert")).toEqual([...ASIDE_REASONS]);
  });

  it("have words in both languages, each under the key that is meant for it", () => {
    const missing: string[] = [];
    for (const language of ["zh-TW", "en"]) {
      const t = i18next.getFixedT(language);
      for (const [asked, codes] of CODES) {
        for (const code of [...codes, NOT_ANSWERED]) {
          const isThere = reasonKeys(asked as Asked, code).some((key) =>
            i18next.exists(key, { lng: language, fallbackLng: [] }),
          );
          if (!isThere || sayReason(asked as Asked, code, t) === code)
            missing.push(`${language} ${asked} ${code}`);
        }
        if (!i18next.exists(`asked.${asked}`, { lng: language })) missing.push(`${language} asked.${asked}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it("of one thing never have two codes with the same words", () => {
    for (const language of ["zh-TW", "en"]) {
      const t = i18next.getFixedT(language);
      for (const [asked, codes] of CODES) {
        const said = codes.map((code) => sayReason(asked as Asked, code, t));
        expect([language, asked, new Set(said).size]).toEqual([language, asked, codes.length]);
      }
    }
  });

  it("have no words left over that no list has", () => {
    const all = new Set([...[...CODES.values()].flat(), NOT_ANSWERED]);
    expect(Object.keys(zh.reason_code).filter((code) => !all.has(code))).toEqual([]);
  });

  it("mean what was asked for: one code, other words", () => {
    const t = i18next.getFixedT("zh-TW");
    expect(sayReason("set_aside", "duplicate", t)).not.toBe(sayReason("misuse_alert", "duplicate", t));
    expect(sayReason("incident", "handed_over", t)).not.toBe(sayReason("call", "handed_over", t));
    expect(sayReason("order", "of_tomorrow", t)).toBe("of_tomorrow");
  });

  it("accuse nobody who called: what was not found is not a lie", () => {
    const t = i18next.getFixedT("zh-TW");
    expect(sayReason("incident", "unfounded", t)).not.toMatch(/謊|誤報/);
  });

  it("leave out of what a person chooses from what only the page knows", () => {
    expect(OVERRIDING.filter((code) => !OVERRIDING_SAID.includes(code))).toEqual(["list_changed", "by_plan"]);
  });
});
