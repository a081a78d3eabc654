// When an urgent job takes a crew off its tour: the chief is shown what is left, shared out anew, and nothing changes until it is accepted.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { assertNoFaults } from "./faults.mjs";
import { House, until } from "./house.mjs";
import { Actor, DESK, openBrowser, PHONE } from "./people.mjs";

const skip = noCity();
const STATION = "永康派出所";
const HOUR_US = 3_600_000_000;
const BOXES = 12;

test("a tour whose crew is called away is proposed anew, and the chief accepts it", { skip, timeout: 300_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { operator, at } = await openCity(browser, house, "district");
  const chief = await Actor.enrol(browser, house, "所長 陳", "supervisor");
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const officers = [];
  for (const [name, call_sign, x] of [["警員 李", "永康 21", 0.4], ["警員 王", "永康 22", 0.6]]) {
    const unit = await operator.api("POST", "/v1/units", { call_sign, kind: "car" });
    const officer = await Actor.enrol(browser, house, name, "officer", { viewport: PHONE, isMobile: true });
    await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
    await officer.api("POST", "/v1/units/mine/state", { state: "available" });
    await officer.api("POST", "/v1/units/mine/position", { position: at(x, 0.5), measured_at_us: Date.now() * 1000, accuracy_m: 8 });
    officers.push({ officer, unit, call_sign });
  }
  const [called, other] = officers;
  const rows = Array.from({ length: BOXES }, (_, n) => {
    const { lon, lat } = at(0.3 + (0.4 * (n % 4)) / 3, 0.35 + (0.3 * Math.floor(n / 4)) / 2);
    return `YK-${String(n + 1).padStart(3, "0")},巡邏箱 ${n + 1},${STATION},03,${lon},${lat},1,`;
  });
  await chief.api("POST", "/v1/patrol/boxes/import?dry_run=false", Buffer.from(["編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註", ...rows].join("\n")));
  const now_us = Date.now() * 1000;
  const plan = await chief.api("POST", "/v1/patrol/tours", { from_us: now_us - HOUR_US / 60, to_us: now_us + 6 * HOUR_US, station: STATION, units: officers.map(({ unit }) => unit.id), seed: 7 });
  assert.ok(plan.tours.every((tour) => tour.stops.length > 0), "each crew has stops");
  await chief.api("POST", `/v1/patrol/tours/${plan.id}/publish`, {});
  const stopsOf = async ({ officer }) => (await officer.api("GET", "/v1/patrol/tours/mine")).tour?.stops.length ?? 0;
  const before = await stopsOf(other);
  const { page } = chief;
  const failed = (error) => chief.explain(error);
  await chief.goto("/tours");
  await page.locator('[data-testid="tour-plan-row"][data-state="published"]').waitFor().catch(failed);

  await t.test("the crew takes an urgent job, and the list shows a proposal by itself", async () => {
    const incident = await dispatcher.api("POST", "/v1/incidents", { origin: "call", priority: 1, kind: "weapon", summary: "有人持刀", address: "", position: at(0.5, 0.9) });
    await dispatcher.api("POST", `/v1/incidents/${incident.id}/assignments`, { unit: called.unit.id, overriding: "crew_cannot" });
    const { page: phone } = called.officer;
    await called.officer.goto("/patrol");
    await phone.getByTestId("step-accept").click();
    // Within a round of the list's own asking.
    await page.getByTestId("tour-plan-retask").waitFor({ timeout: 60_000 }).catch(failed);
    assert.match(await page.getByTestId("tour-plan-retask").innerText(), new RegExp(`${called.call_sign}[\\s\\S]*${incident.number}`));
    await assertNoFaults(page, "plans with a proposal");
    await chief.shot("retask-list", [DESK]);
    assert.equal(await stopsOf(other), before, "nothing changes by itself");
  });

  await t.test("it says who is away, and is accepted by one press", async () => {
    await page.getByTestId("tour-plan-retask").click();
    await page.getByTestId("tour-retask").waitFor().catch(failed);
    assert.match(await page.getByTestId("tour-retask").innerText(), new RegExp(called.call_sign));
    assert.equal(await page.getByTestId("tours-publish").innerText(), "採用並通知各單位");
    const heights = await page.locator(".tours-decide").getByRole("button").evaluateAll((all) => [...new Set(all.map((one) => one.offsetHeight))]);
    assert.equal(heights.length, 1, `what is decided stands in one line: ${heights}`);
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await assertNoFaults(page, "a proposal");
    await chief.shot("retask");
    await page.getByTestId("tours-publish").click();
    await page.locator('[data-testid="plan-state"][data-state="published"]').waitFor().catch(failed);
  });

  await t.test("the other crew has what is left, and the one that was called away is told why it has none", async () => {
    await until("the other crew's tour to grow", async () => (await stopsOf(other)) > before);
    const states = (await chief.api("GET", "/v1/patrol/tours")).items.map((one) => [one.retask !== null, one.state]);
    assert.deepEqual(states, [[true, "published"], [false, "replaced"]]);
    await called.officer.goto("/patrol");
    await called.officer.page.getByText("其餘站已由其他單位接續").waitFor().catch((error) => called.officer.explain(error));
    await called.officer.shot("retask-away", [PHONE]);
  });
  assert.deepEqual(chief.problems, []);
});
