// Takes a picture of every page at both sizes, from whatever answers at BASE. `node mock/screens.mjs [name…]`

import { mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const BASE = process.env.BASE ?? "http://localhost:8470";
const OUT = process.env.OUT ?? join(import.meta.dirname, "..", "..", "artefacts");
const wanted = process.argv.slice(2);
mkdirSync(OUT, { recursive: true });

const click = (id) => (page) => page.getByTestId(id).first().click();
const all =
  (...acts) =>
  async (page) => {
    for (const act of acts) await act(page);
  };
const SHOTS = [
  ["sign-in", "none", "/sign-in"],
  ["enrol", "none", "/enrol#token"],
  ["enrol-used", "none", "/enrol#used"],
  ["command", "dispatcher", "/command"],
  ["command-hit", "dispatcher", "/command", click("hit-row")],
  ["command-conflict", "dispatcher", "/command", (page) => page.getByTestId("hit-row").nth(1).click()],
  [
    "command-incident",
    "dispatcher",
    "/command?tab=incidents",
    (page) => page.getByTestId("incident-row").first().click(),
  ],
  [
    "command-on-scene",
    "dispatcher",
    "/command?tab=incidents",
    (page) => page.getByTestId("incident-row").last().click(),
  ],
  ["command-call", "dispatcher", "/command?new=call"],
  ["command-table", "dispatcher", "/command?view=table"],
  ["command-light", "dispatcher", "/command", click("hit-row"), "light"],
  ["palette", "dispatcher", "/command", (page) => page.keyboard.press("/")],
  ["help", "dispatcher", "/command", (page) => page.keyboard.press("?")],
  ["patrol-join", "officer", "/patrol"],
  ["patrol", "officer", "/patrol", click("join-unit"), "dark", true],
  ["patrol-light", "officer", "/patrol", click("join-unit"), "light", true],
  [
    "patrol-close",
    "officer",
    "/patrol",
    all(
      click("join-unit"),
      click("step-accept"),
      click("step-en_route"),
      click("step-on_scene"),
      click("step-close"),
    ),
    "dark",
    true,
  ],
  ["investigate", "detective", "/investigate"],
  [
    "investigate-results",
    "detective",
    "/investigate?plate=BKF-5820",
    async (page) => {
      await page.getByTestId("search-case").fill("115-1121-0041");
      await page.getByTestId("search-submit").click();
    },
  ],
  ["watchlists", "supervisor", "/watchlists"],
  ["watchlists-propose", "supervisor", "/watchlists?tab=propose"],
  [
    "watchlists-import",
    "supervisor",
    "/watchlists?tab=import",
    async (page) => {
      await page
        .getByTestId("import-file")
        .setInputFiles({ name: "失竊車輛.csv", mimeType: "text/csv", buffer: Buffer.from("車牌,期限\n") });
    },
  ],
  ["operate", "operator", "/operate"],
  ...["devices", "cameras", "people", "jobs", "quarantine", "map"].map((tab) => [
    `operate-${tab}`,
    "operator",
    `/operate?tab=${tab}`,
  ]),
  ["oversee", "auditor", "/oversee", click("verify-audit")],
].filter(([name]) => wanted.length === 0 || wanted.some((w) => name.startsWith(w)));

const browser = await chromium.launchPersistentContext(join(tmpdir(), `shouhu-screens-${process.pid}`), {
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
  ],
  geolocation: { longitude: 120.2095, latitude: 22.9938, accuracy: 8 },
  permissions: ["geolocation"],
  locale: "zh-TW",
});
const page = await browser.newPage();
const axe = readFileSync(join(import.meta.dirname, "..", "node_modules", "axe-core", "axe.min.js"), "utf8");
page.on("pageerror", (error) => console.log("PAGE ERROR", error.message));
page.on("console", (message) => message.type() === "error" && console.log("CONSOLE", message.text()));
for (const [name, role, path, act, scheme = "dark", hasOrder = false] of SHOTS) {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ]) {
    await page.goto("about:blank");
    await page.setViewportSize({ width, height });
    await fetch(`${BASE}/mock/role?is=${role}${hasOrder ? "&order=1" : ""}`);
    await page.goto(`${BASE}/icon.svg`);
    await page.evaluate((value) => {
      localStorage.clear();
      localStorage.setItem("mantine-color-scheme-value", value);
    }, scheme);
    await page.goto(BASE + path);
    await page.waitForLoadState("load");
    await page.locator("main").first().waitFor();
    try {
      if (act) await act(page);
      if (await page.locator(".map-frame").count())
        await page
          .locator('[data-testid="map"][data-idle]')
          .first()
          .waitFor({ timeout: 8000, state: "attached" });
    } catch (error) {
      console.log(`${name} ${width}: ${error.message.split("\n")[0]}`);
    }
    await page.waitForTimeout(500);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
    for (const v of violations)
      console.log(
        `AXE ${name} ${width}: ${v.id} ${v.nodes
          .slice(0, 3)
          .map((n) => n.target.join(" "))
          .join(" | ")}`,
      );
    await page.screenshot({ path: join(OUT, `${name}-${width}.png`) });
  }
  console.log(name);
}
await browser.close();
