import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
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
const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();

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
    expect([...inEnglish.keys()].sort()).toEqual([...inChinese.keys()].sort());
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
      "cameras|dispatch|hits|http|identity|operations|oversight|patrol|plate|positions|roads|sightings|signals|store|warnings|watchlists|webhooks";
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
