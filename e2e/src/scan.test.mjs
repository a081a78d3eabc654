// The officer holds the phone before a printed sheet: a camera's picture becomes a signature, in a browser that reads no codes by itself.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { film, seeing } from "./camera.mjs";
import { House, until } from "./house.mjs";
import { Actor, PHONE, openBrowser } from "./people.mjs";

const skip = !existsSync(process.env.SHOUHU_CHROMIUM ?? "/usr/bin/chromium") ? "no Chromium" : false;

const SCHOOL = { longitude: 120.2572, latitude: 23.0263 };
const LIST = `編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\r\nYK-001,永康國小側門,永康派出所,第3勤區,${SCHOOL.longitude},${SCHOOL.latitude},24,側門夜間燈不亮\r\n`;

test("a printed code before the camera signs in where the browser has no reader of codes", { skip, timeout: 240_000 }, async () => {
  const house = await House.open();
  const sheet = join(house.folder, "sheet.y4m");
  const [desk, street] = [await openBrowser(), await openBrowser(seeing(sheet))];
  after(async () => {
    await Promise.all([desk.close(), street.close()]);
    await house.close();
  });
  const chief = await Actor.enrol(desk, house, "所長 陳", "supervisor");
  await chief.api("POST", "/v1/patrol/boxes/import?dry_run=false", LIST, { "content-type": "text/csv" });
  await chief.goto(`/boxes?tab=print&station=${encodeURIComponent("永康派出所")}`);
  const printed = chief.page.getByTestId("sheet-label").first().locator("svg").first();
  await printed.waitFor().catch((error) => chief.explain(error));
  await film(chief.page, printed, sheet);

  const officer = await Actor.enrol(street, house, "警員 李", "officer", { viewport: PHONE, isMobile: true, geolocation: { ...SCHOOL, accuracy: 6 } });
  await officer.context.grantPermissions(["geolocation", "camera"], { origin: house.url });
  const phone = officer.page;
  await officer.goto("/patrol");
  const own = await phone.evaluate(async () => (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? []);
  assert.ok(!own.includes("qr_code"), "this browser reads codes by itself: the decoder would not be tried");
  const stock = () => phone.evaluate(() => Object.keys(localStorage).some((key) => key.startsWith("shouhu.nonces.")));
  await until("the phone to hold nonces", stock);
  await phone.getByTestId("check-in-open").click();
  await phone.getByTestId("check-in-camera").waitFor().catch((error) => officer.explain(error));
  await phone.locator('[data-testid="check-in-done"][data-box="YK-001"]').waitFor().catch((error) => officer.explain(error));
  assert.match(await phone.getByTestId("check-in-done").innerText(), /YK-001[\s\S]*側門夜間燈不亮/);
  await officer.shot("check-in-scanned", [PHONE]);
  const visits = (await chief.api("GET", "/v1/patrol/check-ins")).items;
  assert.deepEqual(visits.map((one) => [one.number, one.method]), [["YK-001", "printed"]]);
  assert.deepEqual([chief.problems, officer.problems], [[], []]);
});
