// Patrol boxes from the chief's file to the visit of an officer who had no line: the real server in two real browsers.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { House, until } from "./house.mjs";
import { Actor, PHONE, openBrowser } from "./people.mjs";

const skip = !existsSync(process.env.SHOUHU_CHROMIUM ?? "/usr/bin/chromium") ? "no Chromium" : false;

const SCHOOL = { longitude: 120.2572, latitude: 23.0263 };
const TEMPLE = { longitude: 120.2585, latitude: 23.0271 };
const LINES = [
  "編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註",
  `YK-001,永康國小側門,永康派出所,第3勤區,${SCHOOL.longitude},${SCHOOL.latitude},24,側門夜間燈不亮`,
  `YK-002,保安宮,永康派出所,第3勤區,${TEMPLE.longitude},${TEMPLE.latitude},24,`,
];
const file = (lines) => ({ name: "巡邏箱.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${lines.join("\r\n")}\r\n`) });

test("boxes are imported and printed, and an officer checks in with and without a line", { skip, timeout: 240_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const chief = await Actor.enrol(browser, house, "所長 陳", "supervisor");
  const { page } = chief;

  await t.test("a wrong row is named before anything is written, then the right rows are taken", async () => {
    await chief.goto("/boxes?tab=import");
    await page.getByTestId("boxes-file").setInputFiles(file([...LINES, "YK-003,顛倒,永康派出所,第3勤區,23.02,120.25,24,"]));
    await page.getByTestId("boxes-take").waitFor().catch((error) => chief.explain(error));
    assert.match(await page.getByTestId("import-error").first().innerText(), /4[\s\S]*經度與?緯度|座標/);
    assert.equal((await chief.api("GET", "/v1/patrol/boxes")).items.length, 0);
    await chief.shot("boxes-checked");
    await page.getByTestId("boxes-take").click();
    await page.getByTestId("boxes-imported").waitFor().catch((error) => chief.explain(error));
  });

  await t.test("a sheet has a label for each box of the station", async () => {
    await chief.goto(`/boxes?tab=print&station=${encodeURIComponent("永康派出所")}`);
    await page.getByTestId("sheet").first().waitFor().catch((error) => chief.explain(error));
    assert.equal(await page.getByTestId("sheet").count(), 1);
    assert.equal(await page.getByTestId("sheet-label").count(), 2);
    assert.match(await page.getByTestId("sheet-label").first().innerText(), /YK-001[\s\S]*永康國小側門[\s\S]*SH1:P:/);
    await chief.shot("boxes-sheet");
  });

  const codes = (await chief.api("GET", `/v1/patrol/codes?station=${encodeURIComponent("永康派出所")}`)).items;
  const codeOf = (number) => codes.find((one) => one.number === number).text;
  const officer = await Actor.enrol(browser, house, "警員 李", "officer", { viewport: PHONE, isMobile: true, geolocation: { ...SCHOOL, accuracy: 6 } });
  const phone = officer.page;
  const stock = () => phone.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("shouhu.nonces.")).flatMap((key) => JSON.parse(localStorage.getItem(key))).length);
  const checkIn = async (typed) => {
    await phone.getByTestId("check-in-open").click();
    await phone.getByTestId("check-in-code").fill(typed);
    await phone.getByTestId("check-in-submit").click();
  };

  await t.test("the officer types a code carelessly and sees what to know at the box", async () => {
    await officer.goto("/patrol");
    await phone.getByTestId("check-in-open").waitFor().catch((error) => officer.explain(error));
    await until("the phone to hold nonces", async () => (await stock()) > 1);
    await checkIn(` ${codeOf("YK-001").toLowerCase()} `);
    await phone.getByTestId("check-in-done").waitFor().catch((error) => officer.explain(error));
    assert.match(await phone.getByTestId("check-in-done").innerText(), /YK-001[\s\S]*側門夜間燈不亮/);
    await officer.shot("check-in-done", [PHONE]);
  });

  await t.test("without a line the check-in waits, and goes out when the line is back", async () => {
    await officer.context.setGeolocation({ ...TEMPLE, accuracy: 6 });
    await officer.context.setOffline(true);
    await checkIn(codeOf("YK-002"));
    await phone.getByTestId("queued-check-in").waitFor().catch((error) => officer.explain(error));
    await officer.shot("check-in-waits", [PHONE]);
    await officer.context.setOffline(false);
    await phone.getByTestId("queued-check-in").waitFor({ state: "detached", timeout: 20_000 }).catch((error) => officer.explain(error));
    assert.equal(await phone.getByTestId("refused-check-in").count(), 0, await phone.locator("body").innerText());
    await phone.locator('[data-testid="check-in-done"][data-box="YK-002"]').waitFor();
  });

  await t.test("the chief sees both visits", async () => {
    await chief.goto("/boxes?tab=checkins");
    await until("both check-ins", async () => (await page.getByTestId("check-in-row").count()) === 2);
    const rows = (await page.getByTestId("check-in-row").allInnerTexts()).join("\n");
    assert.match(rows, /YK-002[\s\S]*警員 李[\s\S]*YK-001/);
    await chief.shot("boxes-check-ins");
    await chief.goto("/boxes");
    await page.getByTestId("station-row").waitFor();
    assert.match(await page.getByTestId("summary-on_time").innerText(), /2/);
    await chief.shot("boxes-overview");
  });
  assert.deepEqual(chief.problems, []);
  assert.deepEqual(officer.problems, []);
});
