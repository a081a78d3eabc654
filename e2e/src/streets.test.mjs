// Streets covered: three phones drive a street, and the chief sees it covered on the map, in the tables, in the file and in the
// report, and nowhere who drove it. The server's clock runs twenty times as fast: tracks are sorted minutes after they were driven,
// and an hour is told once it is over.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { House, root, until } from "./house.mjs";
import { Actor, openBrowser, settled } from "./people.mjs";

const skip = noCity();
const axePath = join(root, "web/node_modules/axe-core/axe.min.js");
const SPEED = 20;
const SECOND_US = 1_000_000;
/** Ten metres a second. */
const STEP_M = 10;

async function assertNoFaults(page, what) {
  await settled(page);
  await page.evaluate(readFileSync(axePath, "utf8"));
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
  const faults = found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
  assert.deepEqual(faults, [], what);
}

function metres([lon1, lat1], [lon2, lat2]) {
  const east = (lon2 - lon1) * Math.cos((lat1 * Math.PI) / 180);
  return Math.hypot(east, lat2 - lat1) * 111_195;
}

/** Places along a line, a step apart. */
function along(line) {
  const places = [];
  for (let at = 1; at < line.length; at += 1) {
    const steps = Math.max(Math.ceil(metres(line[at - 1], line[at]) / STEP_M), 1);
    for (let step = 0; step < steps; step += 1) {
      const share = step / steps;
      places.push([0, 1].map((axis) => line[at - 1][axis] + (line[at][axis] - line[at - 1][axis]) * share));
    }
  }
  return [...places, line[line.length - 1]];
}

test("streets that phones drove are covered, and nobody can be read from them", { skip, timeout: 480_000 }, async (t) => {
  const house = await House.open(["--clock-speed", String(SPEED), "--clock-origin-us", String(Date.now() * 1000)]);
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { at } = await openCity(browser, house, "district");
  const chief = await Actor.enrol(browser, house, "所長 陳", "supervisor");
  const officer = await Actor.enrol(browser, house, "警員 李", "officer");
  const { page } = chief;
  const middle = at(0.5, 0.5);
  const rows = ["編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註", `YK-001,郵局,永康派出所,03,${middle.lon},${middle.lat},24,`];
  await chief.api("POST", "/v1/patrol/boxes/import?dry_run=false", Buffer.from(rows.join("\n")));

  await t.test("before anybody drove, all is open, and the page says so", async () => {
    await chief.goto("/streets");
    await page.getByTestId("street-numbers").waitFor().catch((error) => chief.explain(error));
    assert.match(await page.getByTestId("street-numbers").innerText(), /0%/);
    assert.ok((await page.getByTestId("street-area").count()) === 1);
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await assertNoFaults(page, "streets");
    await chief.shot("streets-open");
  });

  const frame = `west=${at(0, 0).lon}&south=${at(0, 0).lat}&east=${at(1, 1).lon}&north=${at(1, 1).lat}`;
  const lines = () => chief.api("GET", `/v1/patrol/streets/lines?window=day&${frame}`);
  const longest = (kind) => (all) => all.items.filter((one) => one.kind === kind).sort((a, b) => b.length_m - a.length_m)[0];
  const main = longest("through")(await lines());
  const lane = longest("local")(await lines());
  assert.ok(main && lane, "the demo city has both");

  await t.test("three crews drive a main road, one of them also a lane", async () => {
    const phones = [];
    // Two of three are in different groups but once in 4,000 times.
    for (const call_sign of ["永康 21", "永康 22", "永康 23"]) {
      const unit = await chief.api("POST", "/v1/units", { call_sign, kind: "car" });
      await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
      await officer.api("POST", "/v1/units/mine/state", { state: "available" });
      phones.push(await chief.api("POST", "/v1/positions/trackers", { name: call_sign, protocol: "osmand", unit: unit.id }));
    }
    // Who is on duty is known within five seconds of this machine's time.
    await new Promise((done) => setTimeout(done, 6_000));
    for (const [number, { secret }] of phones.entries()) {
      const places = number === 0 ? [...along(main.line), ...along(lane.line)] : along(main.line);
      const { now_us } = await chief.api("GET", "/v1/patrol/streets");
      // A silence between the two streets: nobody is said to have driven from one to the other.
      const begin = now_us - (places.length + 400) * SECOND_US;
      for (const [step, [lon, lat]] of places.entries()) {
        const later = step >= along(main.line).length ? 300 : 0;
        const at_ms = Math.floor(begin / 1000) + (step + later) * 1000;
        const path = `/v1/positions/osmand?secret=${secret}&id=p&lat=${lat}&lon=${lon}&timestamp=${at_ms}&accuracy=5`;
        const answer = await fetch(`${house.url}${path}`);
        assert.equal(answer.status, 200, await answer.text());
      }
    }
    const told = await until("the main road to be covered", async () => {
      const one = (await lines()).items.find((line) => line.id === main.id);
      return one.state === "covered" && one.forward + one.backward >= 2 && one;
      // An hour takes three minutes here, and tracks half a minute more.
    }, 260_000).catch((error) => chief.explain(error));
    assert.ok(told.last_us > 0);
    const own = (await lines()).items.find((line) => line.id === lane.id);
    assert.deepEqual([own.state, own.forward, own.last_us], ["open", null, null], "a lane that one crew alone drove is nobody's");
  });

  await t.test("the page shows it, the file has it, and no name is in either", async () => {
    await page.reload();
    await page.getByTestId("street-row").first().waitFor().catch((error) => chief.explain(error));
    const covered = await chief.api("GET", "/v1/patrol/streets");
    assert.ok(covered.covered_m >= main.length_m && covered.matched_share > 0.9, JSON.stringify({ ...covered, streets: [] }));
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("streets-csv").click()]);
    const text = readFileSync(await download.path(), "utf8");
    assert.match(text, /永康派出所/);
    assert.doesNotMatch(text + JSON.stringify(covered), /永康 21|永康 22|永康 23/);
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await assertNoFaults(page, "streets covered");
    await chief.shot("streets-covered");
  });

  await t.test("the report by week and by month opens, and has its file", async () => {
    await page.getByTestId("streets-report").click();
    await page.getByTestId("report-period").first().waitFor().catch((error) => chief.explain(error));
    assert.equal(await page.getByTestId("report-period").count(), 4);
    await page.getByTestId("report-by").getByText("每月").click();
    await until("three months", async () => (await page.getByTestId("report-period").count()) === 3);
    await assertNoFaults(page, "the report");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("report-csv").click()]);
    assert.match(readFileSync(await download.path(), "utf8"), /YK-001/);
    await chief.shot("streets-report");
  });
  assert.deepEqual(chief.problems, []);
});
