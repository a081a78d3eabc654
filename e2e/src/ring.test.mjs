// Interception: a dispatcher asks for the closing ring around a fugitive and sends one of its units, over the real server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { House, root, until } from "./house.mjs";
import { Actor, openBrowser, PHONE, settled } from "./people.mjs";

const skip = noCity();
const axePath = join(root, "web/node_modules/axe-core/axe.min.js");

async function assertNoFaults(page, where, what) {
  await settled(page);
  await page.evaluate(readFileSync(axePath, "utf8"));
  const found = await page.evaluate(
    (at) => globalThis.axe.run(at, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }),
    where,
  );
  const faults = found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
  assert.deepEqual(faults, [], what);
}

const COLUMNS = 5;
const ROWS = 4;

test("a ring is asked for, read and sent by a person", { skip, timeout: 240_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  // Some nine kilometres across: in five minutes nobody is off it who starts in its western half.
  const { operator, at } = await openCity(browser, house, "city");

  // One officer takes each unit in turn; a unit keeps its place and its word when its crew leaves.
  const officer = await Actor.enrol(browser, house, "警員 李", "officer");
  for (let n = 0; n < COLUMNS * ROWS; n += 1) {
    const unit = await operator.api("POST", "/v1/units", { call_sign: `東區 ${n + 1}`, kind: "car" });
    await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
    await officer.api("POST", "/v1/units/mine/state", { state: "available" });
    const position = at(0.15 + (0.7 * (n % COLUMNS)) / (COLUMNS - 1), 0.15 + (0.7 * Math.floor(n / COLUMNS)) / (ROWS - 1));
    await officer.api("POST", "/v1/units/mine/position", { position, measured_at_us: Date.now() * 1000, accuracy_m: 8 });
  }

  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const { page } = dispatcher;
  const kinds = await dispatcher.api("GET", "/v1/incident-kinds");
  const incident = await dispatcher.api("POST", "/v1/incidents", {
    origin: "call",
    priority: 1,
    kind: kinds.items[0].key,
    summary: "持刀搶奪後駕車逃逸",
    address: "",
    position: at(0.4, 0.5),
  });
  await dispatcher.goto(`/command?tab=incidents&incident=${incident.id}`);

  await t.test("the key r opens the panel and asks; nobody is sent by it", async () => {
    await page.getByTestId("open-ring").waitFor();
    await page.keyboard.press("r");
    await page.getByTestId("ring-panel").waitFor();
    await dispatcher.shot("ring-question");
    await page.getByTestId("ring-horizon").getByText("5 分鐘", { exact: true }).click();
    await page.getByTestId("ring-ask").click();
    await page.getByTestId("ring-answer").waitFor().catch((error) => dispatcher.explain(error));
    assert.ok((await page.getByTestId("ring-order").count()) > 0, `orders are in the table: ${await page.getByTestId("ring-panel").innerText()}`);
    assert.match(await page.getByTestId("ring-order").first().innerText(), /東區 \d+[\s\S]*\d:\d\d[\s\S]*(趕不上|緊迫|來得及)/);
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await assertNoFaults(page, '[data-testid="ring-panel"]', "the ring panel with an answer");
    await dispatcher.shot("ring-answer");
    assert.deepEqual((await dispatcher.api("GET", `/v1/incidents/${incident.id}`)).assignments, []);
  });

  await t.test("one order is sent, and the others wait", async () => {
    const row = page.getByTestId("ring-order").first();
    const call_sign = await row.getAttribute("data-unit");
    await row.getByTestId("ring-send").click();
    await row.getByTestId("ring-sent").waitFor().catch((error) => dispatcher.explain(error));
    const { assignments } = await dispatcher.api("GET", `/v1/incidents/${incident.id}`);
    assert.deepEqual(assignments.map((one) => one.call_sign), [call_sign]);
    await row.getByTestId("ring-told").waitFor().catch((error) => dispatcher.explain(error));
    await assertNoFaults(page, '[data-testid="ring-panel"]', "the ring panel after sending");
    await dispatcher.shot("ring-sent");
  });

  await t.test("the crew's phone shows the junction to hold, by when, and the way there", async () => {
    const { assignments } = await dispatcher.api("GET", `/v1/incidents/${incident.id}`);
    await officer.api("POST", "/v1/units/mine/join", { unit: assignments[0].unit });
    await officer.page.setViewportSize(PHONE);
    await officer.goto("/patrol");
    const hold = officer.page.getByTestId("ring-hold");
    await hold.waitFor().catch((error) => officer.explain(error));
    assert.match(await hold.innerText(), /守住這個路口[\s\S]*前/);
    assert.match(await hold.getByTestId("hold-navigate").getAttribute("href"), /^geo:\d+\.\d+,\d+\.\d+/);
    const { hold: told } = await officer.api("GET", "/v1/assignments/mine/ring");
    assert.equal(told.incident, incident.id);
    assert.ok(told.by_us > told.seen_at_us && told.is_superseded === false);
    await assertNoFaults(officer.page, '[data-testid="ring-hold"]', "the junction on the phone");
    await officer.shot("ring-hold", [PHONE]);
  });

  await t.test("a sighting elsewhere is another question, and a place without a road is refused in words", async () => {
    await page.getByTestId("ring-question").click();
    await page.getByTestId("ring-place").fill("22.0, 119.0");
    await page.getByTestId("ring-place").press("Enter");
    await page.getByTestId("ring-ask").click();
    await page.getByText("沒有道路，請另選位置").waitFor().catch((error) => dispatcher.explain(error));
    await dispatcher.shot("ring-refused");
  });

  await t.test("nothing hangs over the edge of a phone, and Escape leads back to the incident", async () => {
    await page.setViewportSize(PHONE);
    await until("the page to fit", () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.getByTestId("ring-ask").focus();
    await page.keyboard.press("Escape");
    await page.getByTestId("incident-card").waitFor();
  });
  assert.deepEqual(dispatcher.problems, []);
});
