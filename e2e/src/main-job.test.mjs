// The main job on real photographs: a frame becomes a plate, a plate a hit that a person confirms, a hit an officer on
// the scene, and the log can say why. Real server, real edge agent, real Chromium.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { openCity } from "./city.mjs";
import { House, sharedData, until } from "./house.mjs";
import { Actor, PHONE, openBrowser } from "./people.mjs";

const data = sharedData();
const skip = data ? false : "the real photographs of shared/data/plates are not here (set SHOUHU_SHARED_DATA)";

/** Photographs of one set with their plates, in order. */
function photographs(set) {
  const folder = join(data, "plates", set);
  const rows = readFileSync(join(folder, "labels.tsv"), "utf8").trim().split("\n").slice(1);
  return rows.map((row) => {
    const [image, , , , , plate] = row.split("\t");
    return { path: join(folder, "images", image), image, plate };
  });
}

const SCENE = { longitude: 120.2005, latitude: 22.9905 };
const YEAR_US = 365 * 24 * 3600 * 1_000_000;

test("a real photograph leads to a closed assignment", { skip, timeout: 240_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const times = {};
  // The third photograph is the wanted one; the others pass by.
  const photos = photographs("tw_front_a").slice(0, 5);
  const wanted = photos[2];

  const { operator } = await openCity(browser, house, "district");
  const camera = await operator.api("POST", "/v1/cameras", { name: "永安路口 1", position: { lon: SCENE.longitude, lat: SCENE.latitude }, heading_deg: 90 });
  const unit = await operator.api("POST", "/v1/units", { call_sign: "永康 21", kind: "car" });
  await operator.api("POST", "/v1/units", { call_sign: "東門 12", kind: "motorcycle" });

  await t.test("the operator registers a device, and the edge agent enrols with the token", async () => {
    const device = await operator.api("POST", "/v1/devices", { name: "路口相機 1", kind: "fixed_camera", camera: camera.id });
    house.command("shouhu-edge", ["enrol", "--server", house.url, "--token", device.token, "--data", join(house.folder, "edge")]);
  });

  await t.test("a wanted plate needs two persons", async () => {
    const detective = await Actor.enrol(browser, house, "偵查 王", "detective");
    const bases = await detective.api("GET", "/v1/watchlists/legal-bases");
    const basis = bases.items.find((one) => one.key.includes("stolen")) ?? bases.items[0];
    const expires = Math.min(basis.max_days * 24 * 3600 * 1_000_000, YEAR_US) - 3600 * 1_000_000;
    const entry = await detective.api("POST", "/v1/watchlists/entries", {
      pattern: wanted.plate,
      legal_basis: basis.key,
      owner: "第一分局偵查隊",
      reason: "失竊車輛",
      action: "stop",
      vehicle_note: "灰色轎車",
      expires_at_us: Date.now() * 1000 + expires,
    });
    await assert.rejects(detective.api("POST", `/v1/watchlists/entries/${entry.id}/approve`, {}), /409/);
    const supervisor = await Actor.enrol(browser, house, "督導 陳", "supervisor");
    await supervisor.api("POST", `/v1/watchlists/entries/${entry.id}/approve`, {});
    await detective.goto("/watchlists");
    await detective.page.getByText(wanted.plate).first().waitFor();
    await detective.shot("watchlists");
    house.detective = detective;
  });

  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  await dispatcher.goto("/command");
  await dispatcher.page.getByTestId("tab-hits").waitFor();
  await dispatcher.shot("command-empty");

  const officer = await Actor.enrol(browser, house, "警員 李", "officer", { viewport: PHONE, isMobile: true, geolocation: { ...SCENE, accuracy: 8 } });
  await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
  await officer.api("POST", "/v1/units/mine/state", { state: "available" });
  await officer.goto("/patrol");
  await officer.page.getByTestId("unit-card").waitFor();
  await officer.shot("patrol-waiting", [PHONE]);

  await t.test("the photograph becomes a hit on the dispatcher's screen", async () => {
    const folder = join(house.folder, "photos");
    mkdirSync(folder);
    for (const photo of photos) copyFileSync(photo.path, join(folder, photo.image));
    times.edgeStarted = Date.now();
    const edge = house.spawn("shouhu-edge", ["run", "--data", join(house.folder, "edge"), "--source", folder, "--once"]);
    await dispatcher.page.getByTestId("hit-row").first().waitFor({ timeout: 60_000 });
    times.hitOnScreen = Date.now();
    assert.equal(await edge.ended, 0, edge.output);
    const row = await dispatcher.page.getByTestId("hit-row").first().textContent();
    assert.ok(row.replaceAll("-", "").includes(wanted.plate.replaceAll("-", "")), `${row} shows ${wanted.plate}`);
  });

  await t.test("the dispatcher compares, types what she sees, confirms and dispatches the nearest unit", async () => {
    const page = dispatcher.page;
    await page.getByTestId("hit-row").first().click();
    await page.getByTestId("hit-crop").waitFor();
    await until("the picture to be drawn", () => page.getByTestId("hit-crop").locator("img").or(page.locator("img[data-testid=hit-crop]")).first().evaluate((img) => img.naturalWidth > 20));
    await dispatcher.shot("command-hit");
    await page.getByTestId("plate-seen-input").fill(wanted.plate);
    await page.getByTestId("confirm-hit").click();
    await page.getByTestId("open-incident").click();
    await page.getByTestId("recommend-row").first().waitFor();
    await dispatcher.shot("command-recommend");
    await page.getByTestId("dispatch-unit").first().click();
    times.dispatched = Date.now();
  });

  await t.test("the officer accepts, goes, arrives, replies and closes", async () => {
    const page = officer.page;
    await page.getByTestId("patrol-assignment").waitFor({ timeout: 20_000 });
    times.onPhone = Date.now();
    await officer.shot("patrol-assignment", [PHONE]);
    for (const step of ["accept", "en_route", "on_scene"]) {
      await page.getByTestId(`step-${step}`).click();
      await page.getByTestId(`step-${step}`).waitFor({ state: "detached" });
    }
    await officer.shot("patrol-on-scene", [PHONE]);
    await page.getByTestId("step-reply").first().click();
    await page.getByTestId("reply-input").fill("車輛已尋獲，駕駛配合");
    await page.getByTestId("step-reply").last().click();
    await page.getByTestId("step-close").first().click();
    await page.getByTestId("closing-code-handled").click();
    await officer.shot("patrol-close", [PHONE]);
    await page.getByTestId("step-close").last().click();
    await page.getByTestId("patrol-assignment").waitFor({ state: "detached" });
    const incidents = await dispatcher.api("GET", "/v1/incidents?state=all");
    const assignment = incidents.items[0].assignments[0];
    assert.equal(assignment.state, "closed");
    assert.equal(assignment.closing_code, "handled");
    assert.ok(assignment.delivered_at_us && assignment.on_scene_at_us, "every step has its time");
  });

  await t.test("a detective finds the passage with its picture, and only with a purpose", async () => {
    const { detective } = house;
    const incident = (await dispatcher.api("GET", "/v1/incidents?state=all")).items[0];
    await detective.goto("/investigate");
    const page = detective.page;
    await page.getByTestId("search-plate").fill(wanted.plate.toLowerCase());
    await page.getByTestId("search-purpose").selectOption("investigation").catch(async () => {
      await page.getByTestId("search-purpose").click();
      await page.getByRole("option").nth(1).click();
    });
    await page.getByTestId("search-case").fill(incident.number);
    await page.getByTestId("search-submit").click();
    await page.getByTestId("sighting-row").first().waitFor();
    await detective.shot("investigate");
    const refused = await detective.request("GET", `/v1/sightings?plate=${encodeURIComponent(wanted.plate)}`);
    assert.equal(refused.status(), 428);
  });

  await t.test("the auditor can say who saw it and why, and the log is intact", async () => {
    const auditor = await Actor.enrol(browser, house, "稽核 吳", "auditor");
    const leaves = [];
    for (let next = ""; next !== null; ) {
      const page = await auditor.api("GET", `/v1/oversight/audit?limit=200${next && `&cursor=${encodeURIComponent(next)}`}`);
      leaves.push(...page.items);
      next = page.next_cursor;
    }
    const search = leaves.find((leaf) => leaf.action === "GET /v1/sightings" && leaf.purpose === "investigation");
    assert.ok(search, "the detective's search is on the log");
    assert.match(search.case_ref, /^\d{3}-\d{4}-\d{4}$/, "the case is a live incident");
    assert.ok(leaves.some((leaf) => leaf.action === "POST /v1/hits/{id}/confirm"));
    assert.equal((await auditor.api("GET", "/v1/oversight/audit/verify")).is_intact, true);
    await auditor.goto("/oversee");
    await auditor.shot("oversee");
  });

  await operator.goto("/operate");
  await operator.shot("operate");
  await dispatcher.goto("/command");
  await dispatcher.shot("command-after");
  for (const actor of [operator, dispatcher, officer, house.detective]) assert.deepEqual(actor.problems, [], `${actor.name}'s page has errors`);
  t.diagnostic(`edge start → hit on the dispatcher's screen (5 photographs, model loading included): ${times.hitOnScreen - times.edgeStarted} ms`);
  t.diagnostic(`dispatch click → officer's phone: ${times.onPhone - times.dispatched} ms`);
});
