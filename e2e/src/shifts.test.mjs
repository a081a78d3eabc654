// A shift from its roster to its replay: an officer joins by one tap, a run card is filled by one key, a crew that does not answer is
// seen until somebody has dealt with it, and afterwards it is all there to look back at.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { seriousFaults } from "./faults.mjs";
import { House, until } from "./house.mjs";
import { Actor, openBrowser, PHONE } from "./people.mjs";

const skip = noCity();
/** The shortest that a policy takes. */
const ANSWER_S = 30;

const local = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");

test("a shift is joined by its roster, a card is filled, silence is dealt with, and it can be looked back at", { skip, timeout: 300_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { operator, at } = await openCity(browser, house, "city");
  const scene = at(0.5, 0.5);
  const officer = await Actor.enrol(browser, house, "警員 李", "officer", {
    viewport: PHONE,
    isMobile: true,
    geolocation: { longitude: scene.lon, latitude: scene.lat, accuracy: 8 },
  });
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const supervisor = await Actor.enrol(browser, house, "督導 陳", "supervisor");
  const people = [dispatcher, supervisor, officer];
  const unit = await operator.api("POST", "/v1/units", { call_sign: "東區 1", kind: "car" });
  const second = await operator.api("POST", "/v1/units", { call_sign: "東區 2", kind: "car" });
  await operator.api("POST", `/v1/units/${second.id}/skills`, { skills: ["crash_kit"] });
  const { page } = dispatcher;
  const { page: desk } = supervisor;
  const { page: phone } = officer;

  await t.test("a roster with one wrong row is kept out whole, and each error is named", async () => {
    await supervisor.goto("/dispatch/shifts?tab=import");
    const now = Date.now();
    const good = `東區 1,警員 李,${local(now - 600_000)},${local(now + 7_200_000)}`;
    const heads = "警力,姓名,起,迄";
    const file = (rows) => ({ name: "roster.csv", mimeType: "text/csv", buffer: Buffer.from([heads, ...rows, ""].join("\n")) });
    const chooser = desk.locator('input[type="file"]');
    await chooser.setInputFiles(file([good, `東區 9,王小明,${local(now)},${local(now + 3_600_000)}`]));
    await desk.getByTestId("shift-report").waitFor().catch((error) => supervisor.explain(error));
    assert.match(await desk.getByTestId("shift-import-errors").innerText(), /1/);
    assert.ok(await desk.getByTestId("shifts-take").isDisabled());
    await supervisor.shot("shifts-import");
    await chooser.setInputFiles(file([good]));
    await until("the roster to be checked", async () => desk.getByTestId("shifts-take").isEnabled());
    await desk.getByTestId("shifts-take").click();
    await desk.getByTestId("shifts-imported").waitFor().catch((error) => supervisor.explain(error));
    assert.deepEqual(await seriousFaults(desk, "#main"), []);
  });

  await t.test("the officer joins by one tap, and the console shows the crew", async () => {
    await officer.goto("/patrol");
    await phone.getByTestId("join-shift").click().catch((error) => officer.explain(error));
    await phone.getByTestId("my-unit").getByText("東區 1").waitFor().catch((error) => officer.explain(error));
    await officer.api("POST", "/v1/units/mine/state", { state: "available" });
    await dispatcher.goto("/dispatch/shifts");
    const crew = page.locator('[data-testid="shift-crew"][data-unit="東區 1"]');
    await crew.waitFor().catch((error) => dispatcher.explain(error));
    assert.match(await crew.innerText(), /● 警員 李/);
    await dispatcher.shot("shifts-board");
  });

  let incident;
  await t.test("a run card says what is missing at its level, and one key sends it", async () => {
    await supervisor.api("POST", "/v1/dispatch/cards", {
      base_version: 0,
      cards: { traffic_crash: [{ asks: [{ count: 1, unit_kind: "car", skills: [] }] }, { asks: [{ count: 1, unit_kind: "car", skills: [] }, { count: 1, unit_kind: null, skills: ["crash_kit"] }] }] },
    });
    await supervisor.goto("/dispatch/cards");
    await desk.locator('[data-testid="card-kind"][data-kind="traffic_crash"]').waitFor().catch((error) => supervisor.explain(error));
    assert.deepEqual(await seriousFaults(desk, "#main"), []);
    await supervisor.shot("shifts-cards");
    incident = await dispatcher.api("POST", "/v1/incidents", { origin: "call", priority: 1, kind: "traffic_crash", summary: "連環車禍", address: "臺南市東區裕農路", position: scene });
    await dispatcher.goto(`/command?tab=incidents&incident=${incident.id}`);
    const card = page.getByTestId("run-card");
    await card.waitFor().catch((error) => dispatcher.explain(error));
    assert.deepEqual([await card.getAttribute("data-level"), await card.getAttribute("data-missing")], ["1", "1"]);
    await page.keyboard.press("m");
    await page.locator('[data-testid="run-card"][data-missing="0"]').waitFor().catch((error) => dispatcher.explain(error));
    await page.getByTestId("card-raise").click();
    await page.getByTestId("card-raise-yes").click();
    await page.locator('[data-testid="run-card"][data-level="2"][data-missing="1"]').waitFor().catch((error) => dispatcher.explain(error));
    const sent = (await dispatcher.api("GET", `/v1/incidents/${incident.id}`)).assignments;
    assert.deepEqual(sent.map((one) => one.call_sign), ["東區 1"], "a higher level sends nobody");
    await dispatcher.shot("shifts-card");
  });

  await t.test("a crew on scene is asked on its phone and answers without a line", async () => {
    const { set_at_us, set_by, ...rules } = await supervisor.api("GET", "/v1/dispatch/policy");
    await supervisor.api("POST", "/v1/dispatch/policy", { ...rules, checks: { ...rules.checks, answer_within_s: ANSWER_S } });
    const [order] = (await officer.api("GET", "/v1/assignments/mine")).items;
    for (const step of ["accept", "en_route", "on_scene"]) await officer.api("POST", `/v1/assignments/${order.assignment.id}/step`, { step });
    await page.locator('[data-testid="par-crew"][data-unit="東區 1"]').waitFor().catch((error) => dispatcher.explain(error));
    await page.getByTestId("par-now").click();
    await phone.locator('[data-testid="check-ask"][data-state="asked"]').waitFor().catch((error) => officer.explain(error));
    assert.deepEqual(await seriousFaults(phone, "[data-testid=check-ask]"), []);
    await officer.shot("shifts-ask", [PHONE]);
    await officer.context.setOffline(true);
    await phone.getByTestId("check-safe").click();
    await phone.getByText("還沒送出").waitFor().catch((error) => officer.explain(error));
    await officer.context.setOffline(false);
    await phone.getByTestId("check-ask").waitFor({ state: "detached" }).catch((error) => officer.explain(error));
    const { crews } = await dispatcher.api("GET", `/v1/incidents/${incident.id}/par`);
    assert.ok(crews[0].sign_at_us > 0 && crews[0].check === null, JSON.stringify(crews));
  });

  await t.test("silence is on every page of the console until a dispatcher says how the crew was heard of", async () => {
    await dispatcher.api("POST", `/v1/incidents/${incident.id}/par`, { act: "now" });
    await dispatcher.goto("/dispatch/policy");
    const row = page.locator('[data-testid="check-row"][data-unit="東區 1"][data-state="overdue"]');
    await row.waitFor({ timeout: (ANSWER_S + 30) * 1000 }).catch((error) => dispatcher.explain(error));
    assert.deepEqual(await seriousFaults(page, ".check-bar"), []);
    await dispatcher.shot("shifts-overdue");
    await phone.getByTestId("check-safe").click().catch((error) => officer.explain(error));
    await row.getByText("逾時後回覆平安").waitFor().catch((error) => dispatcher.explain(error));
    await row.getByTestId("check-deal").click();
    await page.getByTestId("check-reason").fill("無線電已聯絡");
    await page.getByTestId("check-deal-submit").click();
    await row.waitFor({ state: "detached" }).catch((error) => dispatcher.explain(error));
    const keys = (await dispatcher.api("GET", `/v1/incidents/${incident.id}/log`)).items.map((line) => line.key);
    assert.deepEqual(keys.filter((key) => key.startsWith("check_")), ["check_asked", "check_safe", "check_asked", "check_overdue", "check_late", "check_dealt"]);
  });

  await t.test("the replay steps through the log, and shows where units were with a purpose and a case", async () => {
    await dispatcher.goto(`/dispatch/replay?incident=${incident.id}`);
    await page.getByTestId("replay").waitFor().catch((error) => dispatcher.explain(error));
    assert.equal(await page.getByTestId("replay-read").count(), 0, "a dispatcher reads the log only");
    await supervisor.goto(`/dispatch/replay?incident=${incident.id}`);
    await desk.getByTestId("replay-event").first().waitFor().catch((error) => supervisor.explain(error));
    const lines = await desk.getByTestId("replay-event").count();
    const current = () => desk.getByTestId("replay-event").evaluateAll((rows) => rows.flatMap((row, at) => (row.hasAttribute("aria-current") ? [at] : [])));
    const places = [await current()];
    for (const key of ["]", "]", "]", "["]) {
      await desk.keyboard.press(key);
      const last = places.at(-1)[0] ?? -1;
      await until(`the line after ${key}`, async () => {
        const [now, ...others] = await current();
        return others.length === 0 && (key === "]" ? now > last : now < last);
      });
      places.push(await current());
    }
    assert.deepEqual(places.at(-1), places.at(-3), "back leads to where forth came from");
    assert.equal(await desk.locator('[data-testid="replay"][data-positions]').count(), 0, "no place without a purpose");
    await desk.getByTestId("replay-read").click();
    await desk.locator('[data-testid="replay"][data-positions]').waitFor().catch((error) => supervisor.explain(error));
    assert.equal(await desk.getByTestId("replay-event").count(), lines, "the tracks bring no line and lose none");
    for (let at = 0; at < lines; at += 1) await desk.keyboard.press("]");
    await until("the crew in the end", async () => /東區 1[\s\S]*位置/.test(await desk.getByTestId("replay-units").innerText()));
    assert.deepEqual(await seriousFaults(desk, "#main"), []);
    await supervisor.shot("shifts-replay");
    const told = await supervisor.api("GET", `/v1/incidents/${incident.id}/replay`, undefined, { "shouhu-purpose": "investigation", "shouhu-case": incident.number });
    assert.ok(told.has_tracks && told.units.some((one) => one.call_sign === "東區 1"), JSON.stringify(told).slice(0, 400));
  });

  await t.test("the interval report says too few where there are too few", async () => {
    await supervisor.goto("/dispatch/intervals");
    await desk.getByTestId("interval-row").first().waitFor().catch((error) => supervisor.explain(error));
    assert.match(await desk.getByTestId("intervals").innerText(), /太少/);
    assert.deepEqual(await seriousFaults(desk, "#main"), []);
    await supervisor.shot("shifts-intervals");
  });
  for (const person of people) assert.deepEqual(person.problems, [], person.name);
});
