// A partner's feed from the operator's first click to the detective's answer: the real server in a real browser.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { House } from "./house.mjs";
import { Actor, openBrowser } from "./people.mjs";

const skip = !existsSync(process.env.SHOUHU_CHROMIUM ?? "/usr/bin/chromium") ? "no Chromium" : false;

/** As the freeway bureau writes it, in years of the Republic: Taipei, some hours ago. */
function rocTime(hoursAgo) {
  const local = new Date(Date.now() + (8 - hoursAgo) * 3_600_000).toISOString();
  return `${Number(local.slice(0, 4)) - 1911}/${local.slice(5, 7)}/${local.slice(8, 10)} ${local.slice(11, 19)}`;
}

const file = (name, lines) => ({ name, mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${lines.join("\r\n")}\r\n`) });

test("a feed is made, given its sites and a file, and found again by a search", { skip, timeout: 240_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const { page } = operator;
  const csv = file("通過.csv", [
    "車牌,偵測時間,門架代碼,方向",
    `ABC-1234,${rocTime(3)},01F3286S,S`,
    `DEF-5678,${rocTime(2)},01f3290s,北上`,
    `車輛#12,${rocTime(2)},01F3286S,S`,
    `GHI-9012,${rocTime(2)},01F9999X,S`,
  ]);

  await t.test("there is none at first", async () => {
    await operator.goto("/operate?tab=feeds");
    await page.getByText("還沒有介接來源").waitFor();
    await operator.shot("feeds-none");
  });

  await t.test("one is made with columns from a sample", async () => {
    await page.getByTestId("feed-new").click();
    await page.getByTestId("feed-name").fill("freeway");
    await page.getByTestId("feed-title").fill("高速公路局門架");
    await page.getByTestId("feed-sample").setInputFiles(csv);
    await page.getByText("樣本有 4 欄").waitFor();
    for (const [column, name] of [["plate", "車牌"], ["time", "偵測時間"], ["site", "門架代碼"], ["direction", "方向"]]) await page.getByTestId(`column-${column}`).fill(name);
    await page.keyboard.press("Escape");
    await operator.shot("feeds-new");
    await page.getByTestId("feed-save").click();
    await page.getByTestId("feed-detail").waitFor().catch((error) => operator.explain(error));
    await page.getByText("先上傳站點清單").waitFor();
  });

  await t.test("a wrong list of sites is refused row by row, a right one is taken", async () => {
    await page.getByTestId("feed-sites-file").setInputFiles(file("sites.csv", ["代碼,名稱,經度,緯度", "01F3286S,永康,23.03,120.24"]));
    await page.locator(".failure").waitFor();
    assert.match(await page.locator(".failure").innerText(), /第 2 列 經度/);
    await operator.shot("feeds-sites-wrong");
    await page.getByTestId("feed-sites-file").setInputFiles(file("sites.csv", ["代碼,名稱,經度,緯度", "01F3286S,國道一號永康南向,120.24,23.03", "01F3290S,國道一號仁德北向,120.23,22.97"]));
    await page.getByText("清單已更換，共 2 站").waitFor();
  });

  await t.test("a file is checked without a trace, then taken in", async () => {
    await page.getByTestId("feed-file").setInputFiles(csv);
    await page.getByTestId("feed-take").waitFor();
    assert.equal(await page.getByTestId("refusal-row").count(), 2);
    assert.match(await page.getByTestId("refusal-row").first().innerText(), /4[\s\S]*車牌[\s\S]*車輛#12/);
    assert.equal((await operator.api("GET", "/v1/sightings/feeds/freeway/files")).items.length, 0);
    await operator.shot("feeds-checked");
    await page.getByTestId("feed-take").click();
    await page.getByTestId("feed-taken").waitFor();
    await page.getByTestId("feed-file-row").getByRole("button").click();
    await page.getByText("報告不保留拒收列的內容").waitFor();
    await operator.shot("feeds-taken");
    const [kept] = (await operator.api("GET", "/v1/sightings/feeds/freeway/files")).items;
    assert.equal(kept.report.accepted, 2);
    assert.doesNotMatch(JSON.stringify(kept), /車輛#12/);
  });

  await t.test("a detective finds the passage at its gantry", async () => {
    const detective = await Actor.enrol(browser, house, "偵查 王", "detective");
    const [found] = (await detective.api("GET", "/v1/sightings?plate=ABC1234", undefined, { "shouhu-purpose": "patrol" })).items;
    assert.equal(found.place_name, "國道一號永康南向");
  });

  await t.test("the list says how it stands", async () => {
    await operator.goto("/operate?tab=feeds");
    const row = page.getByTestId("feed-row").first();
    await row.waitFor();
    assert.match(await row.innerText(), /高速公路局門架[\s\S]*收檔中[\s\S]*國道門架[\s\S]*2[\s\S]*上傳[\s\S]*▲ 2/);
    await operator.shot("feeds-list");
  });
  assert.deepEqual(operator.problems, []);
});
