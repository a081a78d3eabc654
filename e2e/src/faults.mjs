// What axe says of a page, once nothing fades in any more.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./house.mjs";
import { settled } from "./people.mjs";

const axePath = join(root, "web/node_modules/axe-core/axe.min.js");

/** `within` is a selector; without one, the whole document with its title and language. */
export async function seriousFaults(page, within) {
  await settled(page);
  // Evaluated, not added as a tag: the server's content security policy holds for tests too.
  await page.evaluate(readFileSync(axePath, "utf8"));
  const found = await page.evaluate((where) => globalThis.axe.run(where ?? document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }), within);
  return found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
}

export async function assertNoFaults(page, what, within = "body") {
  assert.deepEqual(await seriousFaults(page, within), [], what);
}
