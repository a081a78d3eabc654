// Where stolen vehicles disappear and turn up again, and the passages of a pasted H3 cell: the real server in a real browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { Device, sighting } from "./device.mjs";
import { House, until } from "./house.mjs";
import { Actor, openBrowser, PHONE } from "./people.mjs";

const skip = noCity();

const DAY_US = 24 * 3_600_000_000;
const HOUR_US = 3_600_000_000;
const NOW_US = Math.floor(Date.now() / 60_000) * 60_000_000;
const NAMES = ["成功路 88 號前（往東）", "永華路一段 12 號前", "東門路與林森路口", "海安路 210 號前", "健康路 31 號前", "開山路 5 號前"];
const THEFTS = 36;

/** `2026-11-21 17:03` in Taipei. */
const words = (at_us) => new Date(at_us / 1000 + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");

/** Ten weeks of thefts: most vehicles vanish in the east, and turn up in the west. */
function thefts() {
  return Array.from({ length: THEFTS }, (_, at) => {
    const stolen_us = NOW_US - DAY_US * (3 + ((at * 37) % 68)) - (at % 5) * HOUR_US;
    const recovered_us = at % 3 === 0 ? stolen_us + 5 * DAY_US : null;
    return { plate: `ABC-${1000 + at}`, stolen_us, recovered_us: recovered_us && recovered_us < NOW_US ? recovered_us : null };
  });
}

test("theft zones are asked for, read, printed and followed", { skip, timeout: 300_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { operator, at: placeAt } = await openCity(browser, house, "district");
  const posts = [];
  for (const [at, name] of NAMES.entries()) {
    const position = placeAt(0.12 + 0.15 * at, 0.25 + 0.12 * ((at * 2) % 5));
    const camera = await operator.api("POST", "/v1/cameras", { name, position, heading_deg: 90 });
    const invited = await operator.api("POST", "/v1/devices", { name, kind: "fixed_camera", camera: camera.id });
    posts.push({ device: await Device.enrol(house, invited.token), rows: [] });
  }
  const stolen = thefts();
  for (const [at, { plate, stolen_us }] of stolen.entries()) {
    const seen = (post, at_us) => post.rows.push(sighting(post.rows.length + 1, plate, at_us));
    seen(posts[3 + (at % 3)], stolen_us - 9 * HOUR_US);
    seen(posts[at % 4 === 0 ? 4 : 5], stolen_us - 2 * HOUR_US);
    // One in six is never seen again.
    if (at % 6 === 5) continue;
    seen(posts[at % 3 === 0 ? 1 : 0], stolen_us + 3 * HOUR_US);
    seen(posts[at % 3], stolen_us + 30 * HOUR_US);
  }
  for (const { device, rows } of posts) {
    for (let from = 0; from < rows.length; from += 50) {
      const answer = await device.batch(rows.slice(from, from + 50));
      assert.equal(answer.json.accepted, Math.min(50, rows.length - from), JSON.stringify(answer.json));
    }
  }

  const detective = await Actor.enrol(browser, house, "偵查 王", "detective");
  const { page } = detective;
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const incident = await dispatcher.api("POST", "/v1/incidents", { origin: "call", priority: 3, kind: (await dispatcher.api("GET", "/v1/incident-kinds")).items[0].key, summary: "機車連續失竊" });
  const grounds = { purpose: "investigation", case_ref: incident.number };
  await detective.goto("/investigate?q=zones");
  await page.evaluate((kept) => sessionStorage.setItem("shouhu.grounds", JSON.stringify(kept)), grounds);
  await detective.goto("/investigate?q=zones");

  await t.test("a line that cannot be read is named, and nothing is asked", async () => {
    await page.getByTestId("search-thefts").fill("ABC-1000 2026-13-40\nABC-1001");
    await page.getByText("第 1 行的日期不存在").waitFor();
    await page.getByTestId("search-submit").click();
    assert.equal(await page.getByTestId("answer-zones").count(), 0);
    await detective.shot("zones-wrong");
  });

  await t.test("a list of thefts becomes zones, a trend and a map", async () => {
    const csv = ["車牌,失竊時間,尋獲時間", ...stolen.map((one) => `${one.plate},${words(one.stolen_us)},${one.recovered_us ? words(one.recovered_us) : ""}`)];
    await page.getByTestId("thefts-file").setInputFiles({ name: "失車.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${csv.join("\r\n")}`) });
    await page.getByText(`${THEFTS} 輛，其中已尋獲`).waitFor();
    await page.getByTestId("search-submit").click();
    await page.getByTestId("answer-zones").waitFor().catch((error) => detective.explain(error));
    assert.match(await page.getByTestId("zones-side").innerText(), /消失 36[\s\S]*再出現 30/);
    assert.ok((await page.getByTestId("trend-bar").count()) >= 9, "ten weeks have a bar each");
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await detective.shot("zones");
  });

  await t.test("a period and a cell can be chosen, and the map and the table follow", async () => {
    await page.locator(".bar").first().click();
    await page.getByTestId("zone-chosen").waitFor();
    await page.getByTestId("trend-bar").nth(3).click();
    await page.getByText("只顯示這一期").waitFor();
    await detective.shot("zones-period");
    await page.keyboard.press("Escape");
    await page.getByText("表格", { exact: true }).click();
    assert.ok((await page.getByTestId("zone-row").count()) >= 2);
    await page.getByTestId("zone-row").first().click();
    await detective.shot("zones-table");
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId("export-csv").click()]);
    const text = readFileSync(await file.path(), "utf8");
    assert.match(text, /^\uFEFF附近鏡頭,消失,再出現,最後蹤跡,H3 格,期初/);
  });

  await t.test("the passages of a chosen cell are one click away, as an area of one H3 cell", async () => {
    await page.getByTestId("zone-area").click();
    const cell = await page.getByTestId("area-cells").inputValue();
    assert.match(cell, /^8[0-9a-f]{14}$/);
    await page.getByText("面積").waitFor();
    await page.getByTestId("search-submit").click();
    await page.getByTestId("answer-area").waitFor();
    await page.getByTestId("area-cells").fill("894ba0a6e2bff");
    await page.getByText("應為 15 碼").waitFor();
    await page.getByTestId("area-cells").fill("89283082803ffff");
    await page.getByText("不在臺灣附近").waitFor();
    await page.getByTestId("area-cells").fill(`${cell}`);
    await page.getByText("面積").waitFor();
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await detective.shot("area-h3");
  });

  await t.test("it is asked with a purpose, reads in English, and nothing hangs over the edge of a phone", async () => {
    await page.evaluate(() => localStorage.setItem("shouhu.settings", JSON.stringify({ ...JSON.parse(localStorage.getItem("shouhu.settings") ?? "{}"), language: "en" })));
    await detective.goto(`/investigate?q=zones&side=after&thefts=${encodeURIComponent(stolen.slice(0, 15).map((one) => `${one.plate} ${words(one.stolen_us)}`).join(";"))}`);
    await page.getByTestId("search-submit").click();
    await page.getByTestId("answer-zones").waitFor();
    await detective.shot("zones-en");
    await page.setViewportSize(PHONE);
    await until("the page to fit", () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const auditor = await Actor.enrol(browser, house, "稽核 吳", "auditor");
    const leaves = await auditor.api("GET", "/v1/oversight/audit?limit=200");
    assert.ok(leaves.items.some((leaf) => leaf.action === "POST /v1/sightings/zones" && leaf.purpose === grounds.purpose));
  });
  assert.deepEqual(detective.problems, []);
});
