import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import i18next from "i18next";
import { describe, expect, it } from "vitest";
import { en } from "./en";
import { zh } from "./zh";

type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, before = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const path = before ? `${before}.${key}` : key;
    if (typeof value === "string") found.set(path, value);
    else for (const [deep, text] of leaves(value, path)) found.set(deep, text);
  }
  return found;
}

const inChinese = leaves(zh as Tree);
const inEnglish = leaves(en as Tree);
const holes = (text: string) => [...text.matchAll(/{{(\w+)(?:, number)?}}/g)].map((match) => match[1]).sort();

/** English says one thing in other words than several: beside `pages` stands `pages_one`, which i18next takes where `count` is 1. Chinese does not. */
const manyOf = (key: string) => key.replace(/_one$/, "");
const isOfOne = (key: string) => manyOf(key) !== key && inEnglish.has(manyOf(key));
/** How many there are, and a noun of several soon after: `{{count}} more rows`. */
const SEVERAL =
  /{{count(?:, number)?}} (?:(?!of\b)[a-z]+ ){0,2}?(?!(?:is|was|has|this|less|others)\b)[a-z]{2,}s\b|\bthese {{count}}/;
/** Where there is never one: a bound, or said only of more. */
const NEVER_ONE = [
  "caller_page.too_long",
  "command.announce_many",
  "errors.photo.too_slow",
  "feed.first_hundred",
  "places.ambiguous",
  "ring.send_all_sure",
];

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === "i18n" ? [] : sources(path);
    return /\.tsx?$/.test(name) && !name.endsWith(".test.ts") ? [path] : [];
  });
}

function rustSources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rs"))
    .map((name) => join(folder, name));
}

describe("translations", () => {
  it("exist in both languages, key by key", () => {
    const shared = [...inEnglish.keys()].filter((key) => !isOfOne(key));
    expect(shared.sort()).toEqual([...inChinese.keys()].sort());
  });

  it("say one thing in English as one, with the values of several", () => {
    const several = [...inEnglish]
      .filter(([key, text]) => SEVERAL.test(text) && !isOfOne(key))
      .map(([key]) => key);
    expect(several.length).toBeGreaterThan(60);
    expect(several.filter((key) => !inEnglish.has(`${key}_one`)).sort()).toEqual(NEVER_ONE);
    for (const [key, text] of inEnglish) {
      if (!isOfOne(key)) continue;
      // The number itself may be a word.
      const others = holes(text).filter((name) => name !== "count");
      const ofMany = holes(inEnglish.get(manyOf(key)) ?? "");
      expect([key, others]).toEqual([key, ofMany.filter((name) => name !== "count")]);
      expect([key, ofMany.includes("count")]).toEqual([key, true]);
      expect([key, text]).not.toEqual([key, inEnglish.get(manyOf(key))]);
    }
  });

  it("take the words for one where there is one, and only then", async () => {
    await i18next.init({
      resources: { "zh-TW": { translation: zh }, en: { translation: en } },
      fallbackLng: "zh-TW",
      interpolation: { escapeValue: false },
    });
    const say = (language: string, count: number) => i18next.getFixedT(language)("lake.count", { count });
    expect([0, 1, 2, 12_345].map((count) => say("en", count))).toEqual([
      "0 rows",
      "1 row",
      "2 rows",
      "12,345 rows",
    ]);
    expect([1, 12_345].map((count) => say("zh-TW", count))).toEqual(["1 筆", "12,345 筆"]);
  });

  it("are told a number that is a number, or one is not known for one", () => {
    const strange: string[] = [];
    for (const path of sources(join(import.meta.dirname, ".."))) {
      for (const match of readFileSync(path, "utf8").matchAll(
        /\bt\(\s*"([\w.]+)", {[^}]*\bcount: [^,}]*(?:toLocaleString|String\()/g,
      ))
        if (inEnglish.has(`${match[1]}_one`)) strange.push(`${match[1]} in ${path}`);
    }
    expect(strange).toEqual([]);
  });

  it("carry the same values in both languages", () => {
    for (const [key, text] of inChinese)
      expect([key, holes(inEnglish.get(key) ?? "")]).toEqual([key, holes(text)]);
  });

  it("are never empty", () => {
    for (const [key, text] of [...inChinese, ...inEnglish]) expect([key, text.trim()]).not.toEqual([key, ""]);
  });

  it("exist for every key that the source names", () => {
    const missing: string[] = [];
    for (const path of sources(join(import.meta.dirname, ".."))) {
      for (const match of readFileSync(path, "utf8").matchAll(/\bt\(\s*"([\w.]+)"/g)) {
        if (!inChinese.has(match[1] ?? "")) missing.push(`${match[1]} in ${path}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it("bring their own punctuation: no page has one language's", () => {
    // They read what a person typed or keep what an incident says, which is Chinese; or are sample files of this country.
    const mayKnow = /(plateText|h3cell|mapping|ring|places|HitIncident|BoxImport|ShiftImport)\.tsx?$/;
    const strange: string[] = [];
    for (const path of sources(join(import.meta.dirname, ".."))) {
      if (mayKnow.test(path)) continue;
      const code = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, "");
      for (const line of code.split("\n"))
        if (/[\u3000\u3001\u3002\u300c\u300d：；（），]/.test(line)) strange.push(`${path}: ${line.trim()}`);
    }
    expect(strange).toEqual([]);
  });

  it("exist for every error key of the server", () => {
    const house = join(import.meta.dirname, "..", "..", "..");
    const rooms =
      "cameras|dispatch|hits|http|identity|operations|oversight|patrol|plate|positions|roads|sightings|signals|sso|store|warnings|watchlists|webhooks";
    // Three parts or more make an error key; permissions and job kinds have two.
    const key = new RegExp(`"((?:${rooms})\\.[a-z_]+(?:\\.[a-z_]+)+)"`, "g");
    const missing = new Set<string>();
    for (const floor of ["base", "engines", "platform", "domains"]) {
      for (const path of rustSources(join(house, floor))) {
        for (const match of readFileSync(path, "utf8").matchAll(key)) {
          if (!inChinese.has(`errors.${match[1]}`)) missing.add(match[1] ?? "");
        }
      }
    }
    expect([...missing].sort()).toEqual([]);
    // It reads the whole house, which takes longer than a test may by itself where the disk is busy.
  }, 60_000);
});
