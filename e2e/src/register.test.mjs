// A camera records while somebody answers for it, and those concerned by a leak are told within a day: both by the pages of a real server.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { noCity } from "./city.mjs";
import { Device, sighting } from "./device.mjs";
import { House } from "./house.mjs";
import { Actor, openBrowser } from "./people.mjs";

test("what nobody answers for is not recorded, and a leak is written down with its day", { skip: noCity(), timeout: 180_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const chief = await Actor.enrol(browser, house, "督導 陳", "supervisor");
  const detective = await Actor.enrol(browser, house, "偵查 王", "detective");
  const devices = [];
  for (const name of ["中正路口", "民權路口"]) {
    const camera = await operator.api("POST", "/v1/cameras", { name, position: { lon: 120.2, lat: 23 } });
    const { token } = await operator.api("POST", "/v1/devices", { name: `相機 ${name}`, kind: "fixed_camera", camera: camera.id });
    devices.push(await Device.enrol(house, token));
  }
  const [stopped] = devices;
  const send = async (device, sequence, plate) => {
    const { status, json } = await device.batch([sighting(sequence, plate)]);
    assert.equal(status, 200, JSON.stringify(json));
    return { accepted: json.accepted, reasons: json.quarantined.map((one) => one.reason) };
  };
  const { page } = chief;
  const failed = (error) => chief.explain(error);
  const lines = page.getByTestId("register-line");

  await t.test("a chief answers for both cameras in one decision", async () => {
    await chief.goto("/operate?tab=register");
    await lines.nth(1).waitFor().catch(failed);
    await chief.shot("register-new");
    await page.getByTestId("register-choose").click();
    await page.getByLabel("設置目的").fill("路口治安與失竊車輛查緝");
    await page.getByLabel("如何告知民眾").fill("現場告示");
    await chief.shot("register-deciding");
    await page.getByTestId("register-decide").click();
    await page.getByText("已登錄 2 支").waitFor().catch(failed);
    assert.deepEqual(await send(stopped, 1, "ABC-1234"), { accepted: 1, reasons: [] });
  });

  await t.test("from the end of a review on nothing is recorded, and the other camera goes on", async () => {
    await lines.filter({ hasText: "中正路口" }).getByRole("button", { name: "終止" }).click();
    await page.getByLabel("終止原因").fill("里民陳情，改裝於對向路口");
    await page.getByTestId("register-end-sure").click();
    await lines.filter({ hasText: "中正路口" }).filter({ hasText: "不再記錄" }).waitFor().catch(failed);
    assert.deepEqual(await send(stopped, 2, "CAN-4321"), { accepted: 0, reasons: ["sightings.ingest.not_reviewed"] });
    assert.deepEqual(await send(devices[1], 1, "ABC-1234"), { accepted: 1, reasons: [] });
    const grounds = { "shouhu-purpose": "investigation", "shouhu-case": encodeURIComponent("115-偵-7") };
    const found = await detective.api("GET", "/v1/sightings?plate=CAN-4321", undefined, grounds);
    assert.deepEqual(found.items, [], "the canary is nowhere");
    await page.reload();
    await page.getByText("已銷毀 1 筆").waitFor().catch(failed);
    await chief.shot("register");
    await operator.goto("/operate");
    await operator.page.getByText(/1 record nothing/).waitFor().catch((error) => operator.explain(error));
  });

  await t.test("a leak is written down, and telling those concerned stops its day", async () => {
    await chief.goto("/breaches");
    await page.getByText("沒有登錄的外洩事件").waitFor().catch(failed);
    await page.getByText("登錄外洩事件", { exact: true }).click();
    await page.getByLabel("事件經過").fill("巡邏車內平板遭竊");
    await page.getByLabel("外洩資料").fill("派遣紀錄");
    await page.getByTestId("breach-write").click();
    const breach = page.getByTestId("breach");
    await breach.getByText(/距通知時限 23 小時/).waitFor().catch(failed);
    await chief.shot("breaches");
    await page.getByTestId("breach-step").click();
    await breach.getByLabel("說明").fill("以電話逐一通知");
    await breach.getByRole("button", { name: "寫入紀錄" }).click();
    await breach.getByText(/已於 .* 通知當事人/).waitFor().catch(failed);
    await chief.shot("breaches-told");
  });
  for (const actor of [operator, chief]) assert.deepEqual(actor.problems, [], `${actor.name}'s page has errors`);
});
