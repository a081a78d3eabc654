// A crew's phone over the real server: the boxes around it, and the way to a job, turn by turn, with places that we set: along the line,
// off it, around a road that is closed on the way, and without a network.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { assertNoFaults } from "./faults.mjs";
import { House, until } from "./house.mjs";
import { Actor, openBrowser, PHONE } from "./people.mjs";

const skip = noCity();
const STATION = "永康派出所";
const METRE_DEG = 1 / 111_195;

/** Places of OSRM's polyline6, written apart from the app's own reader. */
function placesOf(text) {
  const numbers = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    for (let shift = 0, more = true; more; shift += 5, at += 1) {
      const byte = text.charCodeAt(at) - 63;
      value |= (byte & 31) << shift;
      more = byte >= 32;
    }
    numbers.push(value & 1 ? ~(value >> 1) : value >> 1);
  }
  const places = [];
  for (let at = 0, lat = 0, lon = 0; at + 1 < numbers.length; at += 2) {
    lat += numbers[at];
    lon += numbers[at + 1];
    places.push({ lat: lat / 1e6, lon: lon / 1e6 });
  }
  return places;
}

function metres(one, other) {
  const east = (one.lon - other.lon) * Math.cos((one.lat * Math.PI) / 180);
  return Math.hypot(east, one.lat - other.lat) / METRE_DEG;
}

/** The place after this share of a line. */
function along(line, share) {
  const lengths = line.slice(1).map((place, at) => metres(line[at], place));
  let left = lengths.reduce((sum, length) => sum + length, 0) * share;
  for (const [at, length] of lengths.entries()) {
    if (left <= length) {
      const part = length === 0 ? 0 : left / length;
      return { lat: line[at].lat + (line[at + 1].lat - line[at].lat) * part, lon: line[at].lon + (line[at + 1].lon - line[at].lon) * part };
    }
    left -= length;
  }
  return line.at(-1);
}

/** Metres in a text such as `剩 1.2 公里 · 3 分`. */
function metresIn(text) {
  const [, number, unit] = /([\d.]+)\s*(公里|公尺)/.exec(text) ?? [];
  return number ? Number(number) * (unit === "公里" ? 1_000 : 1) : Number.NaN;
}

test("a phone leads a crew to its job and shows the boxes around it", { skip, timeout: 300_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { operator, at } = await openCity(browser, house, "district");
  const start = at(0.3, 0.4);
  const officer = await Actor.enrol(browser, house, "警員 李", "officer", {
    viewport: PHONE,
    isMobile: true,
    geolocation: { longitude: start.lon, latitude: start.lat, accuracy: 6 },
  });
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const chief = await Actor.enrol(browser, house, "所長 陳", "supervisor");
  const { page: phone } = officer;
  const failed = (error) => officer.explain(error);
  /** As a receiver does: never twice the very same place. */
  const stand = async ({ lon, lat }) => {
    await officer.context.setGeolocation({ longitude: lon + Math.random() * 1e-7, latitude: lat, accuracy: 6 });
    await phone.waitForTimeout(150);
  };

  const east = (metres_east) => ({ lon: start.lon + (metres_east * METRE_DEG) / Math.cos((start.lat * Math.PI) / 180), lat: start.lat });
  const rows = [["YK-001", "郵局", 900], ["YK-002", "超商", 120], ["YK-003", "國小側門", 400], ["YK-004", "遠處", 2_500]].map(([number, name, away]) => `${number},${name},${STATION},03,${east(away).lon},${east(away).lat},1,`);
  await chief.api("POST", "/v1/patrol/boxes/import?dry_run=false", Buffer.from(["編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註", ...rows].join("\n")));
  const unit = await operator.api("POST", "/v1/units", { call_sign: "永康 21", kind: "car" });
  await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
  await officer.api("POST", "/v1/units/mine/state", { state: "available" });

  await t.test("the boxes around the phone are listed, nearest first, and drawn", async () => {
    await officer.goto("/patrol");
    await phone.getByTestId("near-boxes").click();
    await phone.getByTestId("near-box").nth(2).waitFor().catch(failed);
    const listed = await phone.getByTestId("near-box").allInnerTexts();
    assert.deepEqual(listed.map((text) => /YK-\d+/.exec(text)[0]), ["YK-002", "YK-003", "YK-001"]);
    await phone.getByTestId("near-map").click();
    await phone.locator('.tour-map[data-idle], .tour-map [data-idle]').first().waitFor().catch(failed);
    const link = await phone.getByTestId("near-box").first().getByRole("link").boundingBox();
    assert.ok(link.height >= 44, `${link.height} px is no target for a thumb`);
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await assertNoFaults(phone, "boxes around");
    await officer.shot("near-boxes", [PHONE]);
    await phone.getByTestId("near-boxes").click();
  });

  const scene = at(0.7, 0.6);
  const incident = await dispatcher.api("POST", "/v1/incidents", { origin: "call", priority: 2, kind: "traffic_crash", summary: "兩車擦撞", address: "", position: scene });
  const order = await dispatcher.api("POST", `/v1/incidents/${incident.id}/assignments`, { unit: unit.id, overriding: "knows_place" });
  const assignment = (order.assignments ?? [order]).at(-1).id;
  const wayFrom = (place) => officer.api("GET", `/v1/assignments/mine/way?assignment=${assignment}&lon=${place.lon}&lat=${place.lat}`);
  const left = async () => metresIn(await phone.getByTestId("way-left").innerText());
  let line;

  await t.test("one tap leads: what comes next stands large, and what is left grows less on the way", async () => {
    await phone.getByTestId("patrol-assignment").waitFor({ timeout: 30_000 }).catch(failed);
    for (const step of ["accept", "en_route"]) {
      await phone.getByTestId(`step-${step}`).click();
      await phone.getByTestId(`step-${step}`).waitFor({ state: "detached" });
    }
    await phone.getByTestId("way-start").click();
    await phone.getByTestId("way-next").waitFor().catch(failed);
    await until("the panel to stand on top", async () => (await phone.getByTestId("way-next").boundingBox()).y < 120, 5_000);
    const map = await phone.locator(".way-map").boundingBox();
    const dock = await phone.getByTestId("step-on_scene").boundingBox();
    assert.ok(dock.y - map.y >= 150, `${dock.y - map.y} px of the map are over the buttons`);
    line = placesOf((await wayFrom(start)).routes[0].geometry);
    assert.ok(line.length > 2, "a way over streets");
    const whole = await left();
    assert.ok(whole > 500, `${whole} m`);
    for (const share of [0.1, 0.2, 0.3]) await stand(along(line, share));
    await until("what is left to grow less", async () => (await left()) < whole * 0.8);
    await phone.locator('.way-map[data-idle], .way-map [data-idle]').first().waitFor().catch(failed);
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await assertNoFaults(phone, "the way");
    await officer.shot("way", [PHONE]);
  });

  await t.test("a road that is closed on the way brings another way, without a tap", async () => {
    const here = along(line, 0.3);
    const ahead = along(line, 0.7);
    const asked = phone.waitForResponse((answer) => answer.url().includes("/assignments/mine/way") && answer.ok(), { timeout: 30_000 });
    await dispatcher.api("POST", "/v1/map/closures", { line: [ahead], reason: "管線破裂", until_us: (Date.now() + 3_600_000) * 1_000 });
    const told = await (await asked).json();
    assert.ok(told.closures > 0, "it is known to be closed");
    const anew = placesOf(told.routes[0].geometry);
    assert.ok(anew.every((place) => metres(place, ahead) > 15), "no way leads over the closed place");
    await stand(here);
    await phone.getByTestId("way-next").waitFor().catch(failed);
    line = anew;
  });

  await t.test("off the line it says so and asks anew, from where the phone is", async () => {
    const middle = along(line, 0.4);
    const aside = { lat: middle.lat + 260 * METRE_DEG, lon: middle.lon };
    const asked = phone.waitForRequest((request) => request.url().includes(`/assignments/mine/way`) && request.url().includes(`lat=${String(aside.lat).slice(0, 7)}`), { timeout: 60_000 });
    // A phone that stands still is heard too; an answer must not be asked for more often than each quarter of a minute.
    let isAsked = false;
    const found = asked.then(() => (isAsked = true));
    while (!isAsked) {
      await stand(aside);
      await Promise.race([found, phone.waitForTimeout(1_000)]);
    }
    await found;
    await phone.getByTestId("way-next").waitFor().catch(failed);
  });

  await t.test("without a network the way stays, and says from when it is", async () => {
    await officer.context.setOffline(true);
    await phone.getByRole("button", { name: "重新計算" }).click();
    await phone.getByTestId("way-stale").waitFor().catch(failed);
    assert.ok(await phone.getByTestId("way-next").isVisible());
    await officer.shot("way-offline", [PHONE]);
    await officer.context.setOffline(false);
    await phone.getByTestId("way-stale").waitFor({ state: "detached", timeout: 30_000 }).catch(failed);
  });

  await t.test("at the scene the way is done", async () => {
    await stand(scene);
    await phone.getByTestId("step-on_scene").click();
    await phone.getByTestId("way").waitFor({ state: "detached" }).catch(failed);
    assert.deepEqual(officer.problems, []);
  });
});
