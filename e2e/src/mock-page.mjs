// Pages of the built web app in a real browser, over answers that a test makes up instead of a server.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { artefacts } from "./house.mjs";
import { isBuilt, serveDist } from "./lake-mock.mjs";
import { DESK, openBrowser, PHONE } from "./people.mjs";

const chromium = process.env.SHOUHU_CHROMIUM ?? "/usr/bin/chromium";
export const skip = !existsSync(chromium) ? "no Chromium" : !isBuilt() ? "web/dist is not built" : false;

let browser;
let site;

/** One browser and one place that serves web/dist, for the tests of the file that calls it. */
export function withPages() {
  before(async () => {
    if (skip) return;
    browser = await openBrowser();
    site = await serveDist();
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });
}

export const address = (path) => `${site.url}${path}`;

/** What it stumbles over stands in `page.problems`. `local` and `session`: what a page of before has kept. */
export async function openPage({ viewport = DESK, scheme = "dark", locale = "zh-TW", local = {}, session = {}, ...more } = {}) {
  const context = await browser.newContext({ viewport, locale, timezoneId: "Asia/Taipei", colorScheme: scheme, hasTouch: viewport === PHONE, ...more });
  await context.addInitScript(
    ([colours, kept, keptByTab]) => {
      localStorage.setItem("mantine-color-scheme-value", colours);
      for (const [name, value] of Object.entries(kept)) localStorage.setItem(name, JSON.stringify(value));
      for (const [name, value] of Object.entries(keptByTab)) sessionStorage.setItem(name, JSON.stringify(value));
    },
    [scheme, local, session],
  );
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  return page;
}

/** `shot("name")` keeps a picture as `e2e-ROOM-name-width-scheme.png`. */
export function shots(page, room, scheme = "dark") {
  return (name) => page.screenshot({ path: join(artefacts, `e2e-${room}-${name}-${page.viewportSize().width}-${scheme}.png`) });
}

/** Where phones and consoles of these tests stand: in Tainan. */
export const IN_TAINAN = { geolocation: { longitude: 120.2, latitude: 22.99, accuracy: 9 }, permissions: ["geolocation"] };
