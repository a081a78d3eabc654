// Whom to send, taking a unit away, handing over, and panic 緊急求援: a dispatcher, a supervisor and an officer's phone over the
// real server.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { Device, sighting } from "./device.mjs";
import { seriousFaults } from "./faults.mjs";
import { answerByEnter, House, until } from "./house.mjs";
import { Actor, openBrowser, PHONE, settled } from "./people.mjs";

const skip = noCity();
/** What the brief asks for, and what a loaded machine may need. */
const PANIC_MS = 1_000;
const PANIC_MAX_MS = 5_000;

/** One officer joins each unit in turn; a unit keeps its place and its word when its crew leaves. */
async function crew(operator, officer, units, at) {
  const made = {};
  for (const [call_sign, x, y] of units) {
    const unit = await operator.api("POST", "/v1/units", { call_sign, kind: "car" });
    await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
    await officer.api("POST", "/v1/units/mine/state", { state: "available" });
    await officer.api("POST", "/v1/units/mine/position", { position: at(x, y), measured_at_us: Date.now() * 1000, accuracy_m: 8 });
    made[call_sign] = unit;
  }
  return made;
}

test("units are proposed with reasons, taken away, handed over, and a cry for help is heard", { skip, timeout: 300_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  // Wide enough that the nearest unit saves minutes.
  const { operator, at } = await openCity(browser, house, "city");
  const scene = at(0.5, 0.5);
  const officer = await Actor.enrol(browser, house, "警員 李", "officer", {
    viewport: PHONE,
    isMobile: true,
    geolocation: { longitude: scene.lon, latitude: scene.lat, accuracy: 8 },
  });
  const units = await crew(operator, officer, [["東區 1", 0.2, 0.2], ["東區 2", 0.8, 0.8], ["東區 3", 0.48, 0.5]], at);
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const supervisor = await Actor.enrol(browser, house, "督導 陳", "supervisor");
  const { page } = dispatcher;
  const open = (priority, kind, summary, position) => dispatcher.api("POST", "/v1/incidents", { origin: "call", priority, kind, summary, address: "", position });
  const show = (incident) => dispatcher.goto(`/command?tab=incidents&incident=${incident.id}`);
  const stateOf = async (incident) => (await dispatcher.api("GET", `/v1/incidents/${incident.id}`)).assignments.map((one) => `${one.call_sign} ${one.state}`);
  const noise = await open(4, "noise", "鄰居唱歌", at(0.45, 0.5));

  await t.test("a proposal says by which policy, and why each unit and why not", async () => {
    await show(noise);
    await page.getByTestId("recommend-row").first().waitFor().catch((error) => dispatcher.explain(error));
    assert.equal(await page.getByTestId("proposal-policy").getAttribute("data-policy"), "nearest_by_road");
    const chosen = page.locator('[data-testid="recommend-row"][data-chosen]');
    assert.equal(await chosen.getAttribute("data-unit"), "東區 3");
    assert.match(await chosen.innerText(), /最快到/);
    const other = page.locator('[data-testid="recommend-row"][data-unit="東區 1"]');
    assert.match(await other.innerText(), /比建議者慢/);
    assert.equal(await page.getByText(/dispatch\.reason\./).count(), 0, "every reason has words");
    await dispatcher.shot("choice-proposal");
  });

  await t.test("the supervisor changes the policy, and the proposal follows", async () => {
    await supervisor.goto("/dispatch/policy");
    const { page: desk } = supervisor;
    await desk.getByTestId("policy-choice-nearest_by_air").click();
    await desk.getByTestId("policy-save").click();
    await desk.getByText("已儲存").waitFor().catch((error) => supervisor.explain(error));
    assert.match(await desk.getByTestId("policy-set-by").innerText(), /督導 陳/);
    await supervisor.shot("choice-policy");
    await show(noise);
    await page.locator('[data-testid="proposal-policy"][data-policy="nearest_by_air"]').waitFor().catch((error) => dispatcher.explain(error));
    await desk.getByTestId("policy-choice-nearest_by_road").click();
    await desk.getByTestId("policy-ageing_step_s").fill("999999999");
    await desk.getByTestId("policy-save").click();
    // At its field, in its unit.
    await desk.getByText("須在 1 至 1440 之間", { exact: true }).first().waitFor().catch((error) => supervisor.explain(error));
    await desk.getByTestId("policy-ageing_step_s").fill("15");
    await desk.getByTestId("policy-save").click();
    await desk.getByText("已儲存").waitFor();
    await dispatcher.goto("/dispatch/policy");
    await page.getByTestId("policy-form").waitFor();
    assert.equal(await page.getByTestId("policy-save").count(), 0, "a dispatcher reads only");
  });

  await t.test("a pressing incident takes a unit from a lesser one, after a person has seen from where", async () => {
    await show(noise);
    await page.locator('[data-testid="recommend-row"][data-unit="東區 3"][data-chosen] [data-testid="dispatch-unit"]').click().catch((error) => dispatcher.explain(error));
    await until("the order to stand", async () => (await stateOf(noise)).includes("東區 3 offered"));
    assert.equal(await page.getByTestId("reasons").count(), 0, "why is asked only where another unit is first");
    const { set_at_us, set_by, ...rules } = await supervisor.api("GET", "/v1/dispatch/policy");
    assert.equal(rules.preemption.is_on, false, "nobody is taken away before a supervisor allows it");
    await supervisor.api("POST", "/v1/dispatch/policy", { ...rules, preemption: { ...rules.preemption, is_on: true } });
    const robbery = await open(1, "robbery", "持刀搶奪", scene);
    await show(robbery);
    const row = page.locator('[data-testid="recommend-row"][data-unit="東區 3"]');
    await row.getByTestId("take-unit").waitFor().catch((error) => dispatcher.explain(error));
    await row.getByTestId("take-unit").click();
    const dialog = page.getByTestId("take-dialog");
    await dialog.waitFor();
    const words = await dialog.innerText();
    assert.ok(words.includes(noise.number) && words.includes(robbery.number), words);
    await settled(page);
    await dispatcher.shot("choice-take");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    assert.deepEqual(await stateOf(robbery), []);
    await row.getByTestId("take-unit").click();
    await answerByEnter(page, "take-dialog");
    await until("the order to stand", async () => (await stateOf(robbery)).includes("東區 3 offered"));
    assert.deepEqual(await stateOf(noise), ["東區 3 cancelled"]);
  });

  await t.test("the advice panel opens with v, and an order goes over into nearer hands", async () => {
    // Whoever is sent first is far away; then a nearer unit is free.
    const crash = await open(2, "traffic_crash", "路口擦撞", at(0.82, 0.78));
    await officer.api("POST", "/v1/units/mine/join", { unit: units["東區 2"].id });
    await officer.api("POST", "/v1/units/mine/state", { state: "busy" });
    await dispatcher.api("POST", `/v1/incidents/${crash.id}/assignments`, { unit: units["東區 1"].id, overriding: "knows_place" });
    await officer.api("POST", "/v1/units/mine/state", { state: "available" });
    await officer.api("POST", "/v1/units/mine/position", { position: at(0.8, 0.8), measured_at_us: Date.now() * 1000, accuracy_m: 8 });
    await dispatcher.goto("/command?tab=incidents");
    await page.getByTestId("open-advice").waitFor();
    await page.keyboard.press("v");
    await page.getByTestId("advice-panel").waitFor();
    const row = page.locator('[data-testid="handover-row"][data-to="東區 2"]');
    await row.waitFor().catch((error) => dispatcher.explain(error));
    assert.deepEqual(await seriousFaults(page, "#card"), []);
    await dispatcher.shot("choice-advice");
    await row.getByTestId("handover").click();
    await page.getByTestId("handover-dialog").waitFor();
    await page.getByTestId("handover-dialog").getByText("的派遣會取消").waitFor();
    await answerByEnter(page, "handover-dialog");
    await until("the handover", async () => (await stateOf(crash)).includes("東區 2 offered"));
    assert.ok((await stateOf(crash)).includes("東區 1 cancelled"));
  });

  const phone = officer.page;

  await t.test("a crew that cannot go says why by a code, and the incident says so", async () => {
    const quarrel = await open(3, "fight", "口角", at(0.8, 0.8));
    await officer.api("POST", "/v1/units/mine/join", { unit: units["東區 1"].id });
    await show(quarrel);
    // The others are on the way: it is the first, and nobody is asked why.
    await page.locator('[data-testid="recommend-row"][data-unit="東區 1"][data-chosen] [data-testid="dispatch-unit"]').click().catch((error) => dispatcher.explain(error));
    await until("the order to stand", async () => (await stateOf(quarrel)).includes("東區 1 offered"));
    await officer.goto("/patrol");
    await phone.getByTestId("step-decline").click().catch((error) => officer.explain(error));
    assert.ok(await phone.getByTestId("step-decline-send").isDisabled(), "without a code nothing is declined");
    await officer.shot("choice-decline", [PHONE]);
    await phone.getByTestId("decline-code-vehicle").click();
    await phone.getByTestId("step-decline-send").click();
    await until("the order to be declined", async () => (await stateOf(quarrel)).includes("東區 1 declined"));
    await page.locator(".log").getByText("東區 1 婉拒：車輛故障").waitFor().catch((error) => dispatcher.explain(error));
    await dispatcher.api("POST", `/v1/incidents/${quarrel.id}/close`, { code: "handled", note: "", without_unit: "by_telephone" });
  });

  const hold = async () => {
    const box = await phone.getByTestId("panic-hold").boundingBox();
    await phone.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await phone.mouse.down();
    await phone.waitForFunction(() => document.querySelector("[data-testid=panic-dock]").dataset.view !== "idle");
    const at_ms = Date.now();
    await phone.mouse.up();
    return at_ms;
  };

  await t.test("the red button, let go too early, calls nobody", async () => {
    await officer.api("POST", "/v1/units/mine/join", { unit: units["東區 1"].id });
    await officer.goto("/patrol");
    await phone.getByTestId("panic-hold").waitFor().catch((error) => officer.explain(error));
    const box = await phone.getByTestId("panic-hold").boundingBox();
    await phone.mouse.click(box.x + 40, box.y + 20);
    await phone.locator('[data-testid="panic-hold"][data-state="released"]').waitFor();
    assert.deepEqual((await dispatcher.api("GET", "/v1/panics")).items, []);
    await officer.shot("choice-phone", [PHONE]);
  });

  await t.test("a cry without a line says that it was not sent, and goes out when the line is back", async () => {
    // The console is on another page: the bar is on every one of them.
    await dispatcher.goto("/dispatch/policy");
    await page.getByTestId("policy-form").waitFor();
    await until("the console's stream", async () => (await page.getByTestId("link-state").getAttribute("data-state")) === "live");
    await officer.context.setOffline(true);
    await hold();
    await phone.locator('[data-testid="panic-dock"][data-view="unsent"]').waitFor().catch((error) => officer.explain(error));
    assert.match(await phone.getByTestId("panic-dock").innerText(), /未送出[\s\S]*110/);
    await officer.shot("choice-unsent", [PHONE]);
    assert.equal(await page.getByTestId("panic-row").count(), 0);
    await officer.context.setOffline(false);
    await phone.locator('[data-testid="panic-dock"][data-view="raised"]').waitFor().catch((error) => officer.explain(error));
    await page.locator('[data-testid="panic-row"][data-unit="東區 1"][data-state="raised"]').waitFor().catch((error) => dispatcher.explain(error));
    await dispatcher.shot("choice-panic");
    assert.equal((await dispatcher.api("GET", "/v1/panics")).items.length, 1, "tried often, raised once");
  });

  await t.test("Enter acknowledges and opens the incident with its proposal; the phone is told", async () => {
    assert.deepEqual(await seriousFaults(page, ".panic-bar"), []);
    await until("Enter to be taken", async () => {
      await page.keyboard.press("Enter");
      return (await page.locator('[data-testid="panic-row"][data-state="acknowledged"]').count()) === 1;
    });
    await page.getByTestId("incident-card").waitFor().catch((error) => dispatcher.explain(error));
    // Everybody else is on the way to something: the rows are there, folded away.
    await page.getByTestId("recommend-row").first().waitFor({ state: "attached" });
    await page.locator('[data-testid="panic-bar"][data-siren="off"]').waitFor();
    await phone.locator('[data-testid="panic-dock"][data-view="acknowledged"]').waitFor().catch((error) => officer.explain(error));
    assert.match(await phone.getByTestId("panic-dock").innerText(), /執勤 張/);
    await officer.shot("choice-acknowledged", [PHONE]);
  });

  await t.test("the crew says it is safe, and only a dispatcher ends it", async () => {
    await phone.getByTestId("panic-safe").click();
    await phone.getByTestId("panic-reason").fill("狀況已解除");
    await phone.getByTestId("panic-safe-send").click();
    await phone.locator('[data-testid="panic-dock"][data-view="cancelled"]').waitFor().catch((error) => officer.explain(error));
    const row = page.locator('[data-testid="panic-row"][data-state="cancelled"]');
    await row.waitFor().catch((error) => dispatcher.explain(error));
    assert.match(await row.innerText(), /仍須查證/);
    const [panic] = (await dispatcher.api("GET", "/v1/panics")).items;
    await dispatcher.api("POST", `/v1/incidents/${panic.incident}/close`, { code: "handled", note: "已查證平安", without_unit: "by_telephone" });
    await row.waitFor({ state: "detached" }).catch((error) => dispatcher.explain(error));
    await phone.locator('[data-testid="panic-dock"][data-view="idle"]').waitFor().catch((error) => officer.explain(error));
  });

  await t.test("with a line it is on the console's screen within a second", async () => {
    const heard = page.getByTestId("panic-row").first().waitFor({ timeout: 20_000 }).then(() => Date.now());
    const cried_ms = await hold();
    const took_ms = (await heard) - cried_ms;
    console.log(`panic: from the end of the hold to the console's screen ${took_ms} ms (wanted: ${PANIC_MS})`);
    assert.ok(took_ms <= PANIC_MAX_MS, `${took_ms} ms`);
  });
  for (const person of [dispatcher, supervisor, officer]) assert.deepEqual(person.problems, [], person.name);
});

test("a confirmed hit that nobody follows is stood down with its reason, and every screen says so", { skip, timeout: 180_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const detective = await Actor.enrol(browser, house, "偵查 王", "detective");
  const supervisor = await Actor.enrol(browser, house, "督導 陳", "supervisor");
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const { items: bases } = await detective.api("GET", "/v1/watchlists/legal-bases");
  const basis = bases.find((one) => one.key.includes("stolen")) ?? bases[0];
  const wanted = { pattern: "STD-2468", legal_basis: basis.key, owner: "第一分局偵查隊", reason: "失竊車輛", action: "observe", vehicle_note: "", expires_at_us: (Date.now() + 3_600_000) * 1000 };
  const entry = await detective.api("POST", "/v1/watchlists/entries", wanted);
  await supervisor.api("POST", `/v1/watchlists/entries/${entry.id}/approve`, {});
  const { token } = await operator.api("POST", "/v1/devices", { name: "巡邏車 1", kind: "patrol_car" });
  const device = await Device.enrol(house, token);
  const { json } = await device.batch([sighting(1, "STD-2468")]);
  assert.equal(json.accepted, 1, JSON.stringify(json));
  const [hit] = await until("the hit", async () => {
    const { items } = await dispatcher.api("GET", "/v1/hits?state=raised");
    return items.length > 0 && items;
  });
  const { page } = dispatcher;
  const failed = (error) => dispatcher.explain(error);

  await t.test("the reason is chosen by keyboard, and the list gives the keyboard back", async () => {
    await dispatcher.goto(`/command?hit=${hit.id}`);
    await page.getByTestId("plate-seen-input").fill("STD-2468").catch(failed);
    await page.getByTestId("confirm-hit").click();
    await page.getByTestId("stand-down").click().catch(failed);
    await page.getByTestId("reason-observe_only").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), "reason-observe_only");
    await page.keyboard.press("Escape");
    await page.getByTestId("reasons").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), "stand-down");
    assert.equal(await page.getByTestId("hit-card").count(), 1, "the card behind it stays");
    await page.keyboard.press("Enter");
    await page.getByTestId("reason-observe_only").press("Enter");
    await page.locator('[data-testid="not-followed"][data-code="observe_only"]').waitFor().catch(failed);
    assert.equal(await page.getByTestId("stand-down").count(), 0, "it is said once");
    await until("the keyboard to reach the card", () => page.evaluate(() => document.activeElement?.id === "card"), 5_000);
    assert.deepEqual(await seriousFaults(page, "#card"), []);
    await dispatcher.shot("choice-stand-down");
  });

  await t.test("it stands there after a reload and on another's screen", async () => {
    await page.reload();
    await page.getByTestId("not-followed").getByText("僅觀察、不攔查").waitFor().catch(failed);
    await supervisor.goto(`/command?hit=${hit.id}`);
    await supervisor.page.getByTestId("not-followed").getByText("僅觀察、不攔查").waitFor().catch((error) => supervisor.explain(error));
    assert.equal(await supervisor.page.getByTestId("stand-down").count(), 0);
  });
  for (const person of [dispatcher, supervisor]) assert.deepEqual(person.problems, [], person.name);
});

test("an address that two towns have is asked about, chosen by keyboard, and stands on the incident", { skip, timeout: 180_000 }, async () => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { operator, at } = await openCity(browser, house, "district");
  const towns = [["東區", at(0.25, 0.5)], ["永康區", at(0.75, 0.5)]];
  const rows = towns.flatMap(([town, { lon, lat }]) => [46, 48, 50, 52].map((number) => `臺南市${town}中正路${number}號,${lon + number / 1e5},${lat}`));
  await operator.api("POST", "/v1/map/addresses?source=doors&attribution=demo", Buffer.from(`地址,經度,緯度\n${rows.join("\n")}\n`));
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  // The import does not wait for its index.
  const found = await until("the doors to be indexed", async () => {
    const answer = await dispatcher.api("GET", `/v1/places?q=${encodeURIComponent("中正路50號")}`);
    return answer.items.length > 1 && answer;
  });
  assert.deepEqual([found.is_ambiguous, found.items.map((one) => one.town).sort()], [true, ["東區", "永康區"]]);
  const { page } = dispatcher;
  await dispatcher.goto("/command?new=call");
  await page.getByTestId("call-kind").click();
  await page.getByRole("option", { name: "打架鬥毆" }).click();
  await page.getByTestId("call-summary").fill("兩人互毆");
  await page.getByTestId("call-address").fill("中正路50號");
  await page.getByTestId("place-option").nth(1).waitFor().catch((error) => dispatcher.explain(error));
  assert.deepEqual(await seriousFaults(page, ".card"), []);
  await dispatcher.shot("places-ambiguous");
  await page.getByTestId("call-address").press("Enter");
  assert.equal(await page.getByTestId("place-option").count(), 2, "Enter chooses nothing between equals");
  const wanted = await page.getByTestId("place-option").filter({ hasText: "永康區" }).locator(".address-number").innerText();
  for (let press = 0; press < Number(wanted); press += 1) await page.getByTestId("call-address").press("ArrowDown");
  await page.getByTestId("call-address").press("Enter");
  await page.getByTestId("places-said").getByText("臺南市永康區中正路50號").waitFor();
  await page.getByTestId("submit-call").click();
  await page.getByTestId("incident-card").waitFor().catch((error) => dispatcher.explain(error));
  const [incident] = (await dispatcher.api("GET", "/v1/incidents")).items;
  assert.equal(incident.address, "臺南市永康區中正路50號");
  assert.ok(Math.abs(incident.position.lon - towns[1][1].lon - 50 / 1e5) < 1e-5, JSON.stringify(incident.position));
  assert.deepEqual(dispatcher.problems, []);
});
