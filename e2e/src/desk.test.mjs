// A dispatcher's desk over the real server: a call from the first ring to its end without a mouse, the wide wall of a command centre,
// and roads that are closed on the map.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { Device } from "./device.mjs";
import { assertNoFaults } from "./faults.mjs";
import { House, until } from "./house.mjs";
import { chooseKind, press, tabTo, watchMouse } from "./keyboard.mjs";
import { Actor, DESK, openBrowser } from "./people.mjs";

const skip = noCity();
const WALL = { width: 2560, height: 1440 };
const DOOR = "臺南市東區中正路50號";
/** The colour of an alarm on the dark map, as its palette has it; nothing else there is like it. */
const CLOSED = [255, 122, 107];

const MIDDLE_PX = 320;

/** Pixels in the middle of the map that have this colour, give or take what smoothing does. */
async function pixelsOf(page, colour) {
  const { x, y, width, height } = await page.getByTestId("map").boundingBox();
  const clip = { x: x + (width - MIDDLE_PX) / 2, y: y + (height - MIDDLE_PX) / 2, width: MIDDLE_PX, height: MIDDLE_PX };
  const png = (await page.screenshot({ clip })).toString("base64");
  return page.evaluate(
    async ([bytes, wanted]) => {
      const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      canvas.drawImage(picture, 0, 0);
      const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4) if (wanted.every((part, of) => Math.abs(data[at + of] - part) < 24)) found += 1;
      return found;
    },
    [png, colour],
  );
}

const idle = (page) => page.locator('[data-testid="map"][data-idle]').waitFor();

/** Left and right edge of a part of the page. */
async function span(page, selector) {
  const box = await page.locator(selector).first().boundingBox();
  return [Math.round(box.x), Math.round(box.x + box.width)];
}

test("a call is worked without a mouse, on a desk and on a wall, and roads are closed", { skip, timeout: 300_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { operator, at } = await openCity(browser, house, "district");
  const place = at(0.5, 0.5);
  const doors = [46, 48, 50, 52].map((number) => `臺南市東區中正路${number}號,${place.lon + number / 1e5},${place.lat}`);
  await operator.api("POST", "/v1/map/addresses?source=doors&attribution=demo", Buffer.from(`地址,經度,緯度\n${doors.join("\n")}\n`));
  const officer = await Actor.enrol(browser, house, "警員 李", "officer");
  const crew = async (call_sign, x, y) => {
    const unit = await operator.api("POST", "/v1/units", { call_sign, kind: "car" });
    await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
    await officer.api("POST", "/v1/units/mine/state", { state: "available" });
    await officer.api("POST", "/v1/units/mine/position", { position: at(x, y), measured_at_us: Date.now() * 1000, accuracy_m: 8 });
  };
  await crew("永康 22", 0.2, 0.2);
  await crew("永康 21", 0.48, 0.5);
  const token = (await operator.api("POST", "/v1/devices", { name: "110 交換機", kind: "partner" })).token;
  const exchange = await Device.enrol(house, token);
  await operator.api("POST", "/v1/call-sources", { device: exchange.id, title: "110 交換機" });
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  await until("the doors to be indexed", async () => (await dispatcher.api("GET", `/v1/places?q=${encodeURIComponent("中正路50號")}`)).items.length > 0);
  const { page } = dispatcher;
  const failed = (error) => dispatcher.explain(error);
  const touched = await watchMouse(dispatcher);
  await dispatcher.goto("/command?tab=incidents");
  await page.getByTestId("new-call").waitFor().catch(failed);
  let number;
  const known = async () => (await dispatcher.api("GET", "/v1/incidents?state=all")).items[0];
  const order = page.locator('[data-testid="assignment"][data-unit="永康 21"]').getByTestId("assignment-state");
  const isOrder = (state) => order.and(page.locator(`[data-state="${state}"]`)).waitFor().catch(failed);
  /** A line of the command bar: written, read back, sent. */
  const say = async (line, meant, enters = 1) => {
    await page.keyboard.press("/");
    await page.getByTestId("palette-input").waitFor();
    await page.keyboard.type(line);
    await page.getByTestId("bar-choice").filter({ hasText: meant }).first().waitFor().catch(failed);
    for (let enter = 0; enter < enters; enter += 1) await page.keyboard.press("Enter");
    await page.getByTestId("palette-input").waitFor({ state: "detached" }).catch(failed);
  };

  await t.test("one key takes the call that rings; the address is found and picked by arrows", async () => {
    const rang = await exchange.post("/v1/calls", { ref: "x1", news: "ringing", kind: "voice", line: "110-3", caller: "0912345678" });
    assert.equal(rang.status, 200);
    await page.locator('[data-testid="call"][data-state="ringing"]').waitFor().catch(failed);
    await page.keyboard.press("a");
    await page.getByTestId("call-in-hand").waitFor().catch(failed);
    await chooseKind(dispatcher, "打架鬥毆");
    await tabTo(dispatcher, "call-summary");
    await page.keyboard.type("超商前兩人互毆");
    await tabTo(dispatcher, "call-address");
    await page.keyboard.type("中正路50號");
    await page.getByTestId("place-option").first().waitFor().catch(failed);
    await page.keyboard.press("Enter");
    await page.getByTestId("places-said").getByText(DOOR).waitFor().catch(failed);
    await press(dispatcher, "submit-call");
    await page.getByTestId("incident-card").waitFor().catch(failed);
    const incident = await known();
    ({ number } = incident);
    assert.equal(incident.address, DOOR);
    assert.ok(incident.position, "it stands on the map");
  });

  await t.test("the proposed crew is sent by one key, and only that one", async () => {
    const proposed = page.locator('[data-testid="recommend-row"][data-chosen]');
    await proposed.waitFor().catch(failed);
    assert.equal(await proposed.getAttribute("data-unit"), "永康 21");
    await page.keyboard.press("d");
    await isOrder("offered");
    await page.keyboard.press("d");
    const { assignments } = await known();
    assert.deepEqual(assignments.map((one) => one.call_sign), ["永康 21"]);
  });

  await t.test("what the crew says by radio is written by its code or by a button", async () => {
    await say("永康21 10-76", "永康 21");
    await isOrder("en_route");
    await press(dispatcher, "radio-step");
    await isOrder("on_scene");
  });

  await t.test("a note is one key away, and Escape leads out of its box", async () => {
    await page.keyboard.press("w");
    await page.keyboard.type("現場兩人，一人輕傷");
    await page.keyboard.press("Enter");
    await page.locator(".log").getByText("現場兩人，一人輕傷").waitFor().catch(failed);
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
  });

  await t.test("the order ends and the incident is closed, each asked twice, and no mouse was touched", async () => {
    await say("永康21 結束 已處理", "永康 21", 2);
    await isOrder("closed");
    await say(`${Number(number.split("-").at(-1))} 結案 已處理`, number, 2);
    await until("the incident to be closed", async () => (await known()).state === "closed");
    const [order] = (await known()).assignments;
    assert.ok(order.en_route_at_us && order.on_scene_at_us && order.closed_at_us, "every step has its time");
    assert.equal(await touched(), 0);
    await assertNoFaults(page, "a closed incident");
  });

  await t.test("a wall of 2,560 px has queue, board, map and card beside each other, and nothing is cut", async () => {
    const open = await dispatcher.api("POST", "/v1/incidents", { origin: "call", priority: 2, kind: "traffic_crash", summary: "砂石車翻覆，橫在路中央", address: DOOR, position: place });
    await dispatcher.api("POST", `/v1/incidents/${open.id}/assignments`, { unit: (await dispatcher.api("GET", "/v1/units")).items.find((one) => one.call_sign === "永康 21").id, overriding: "knows_place" });
    await page.setViewportSize(WALL);
    await dispatcher.goto(`/command?tab=incidents&incident=${open.id}`);
    await page.getByTestId("incident-card").waitFor().catch(failed);
    await page.getByTestId("unit-board").getByText(open.number).waitFor().catch(failed);
    await idle(page);
    const spans = [];
    for (const part of [".queue", ".unit-board", ".stage", "#card"]) spans.push(await span(page, part));
    for (const [before, next] of spans.slice(0, -1).map((one, at) => [one, spans[at + 1]])) {
      assert.equal(before[1], next[0], `no gap and no overlap: ${JSON.stringify(spans)}`);
    }
    assert.deepEqual([spans[0][0], spans[3][1]], [0, WALL.width]);
    assert.ok(spans[2][1] - spans[2][0] >= 800, "the map is what most of the wall is for");
    const [body, side] = [await span(page, "#card .card-body"), await span(page, "#card .card-side")];
    assert.ok(side[0] >= body[1], "the log stands beside the orders");
    const rows = await page.locator(".board-row").evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
    assert.equal(rows.length, 2);
    assert.ok(rows.every((height) => height === rows[0] && height < 48), `a row of the board is one line: ${rows}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await assertNoFaults(page, "the wall");
    await dispatcher.shot("desk-wall", [WALL]);
    await page.setViewportSize(DESK);
  });

  await t.test("a road is closed by a click, drawn for everybody, and opened again", async () => {
    await dispatcher.goto("/command");
    await idle(page);
    assert.equal(await pixelsOf(page, CLOSED), 0);
    await page.getByTestId("open-closures").click();
    await page.getByTestId("closure-new").click();
    assert.ok(await page.getByTestId("closure-make").isDisabled(), "no road is closed without a place and a reason");
    await idle(page);
    const box = await page.getByTestId("map").boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.getByTestId("closure-reason").fill("路面塌陷搶修");
    await dispatcher.shot("closures-draft", [DESK]);
    await page.getByTestId("closure-make").click();
    await page.getByTestId("closure-row").waitFor().catch(failed);
    const { items } = await dispatcher.api("GET", "/v1/map/closures");
    assert.ok(items[0].pieces.length > 0, "the click met a road");
    await page.getByTestId("closure-row").getByRole("button", { name: "在地圖上看" }).click();
    await until("the closed road to be drawn", async () => (await pixelsOf(page, CLOSED)) > 20, 15_000);
    const inset = await page.getByTestId("closures-panel").evaluate((panel) => Number.parseFloat(getComputedStyle(panel).paddingLeft));
    assert.ok(inset >= 12, "the panel has a margin as every card has");
    await assertNoFaults(page, "closed roads");
    await dispatcher.shot("closures");
    await page.getByTestId("closure-lift").click();
    await page.getByTestId("closure-lift-sure").click();
    await page.getByTestId("closure-row").waitFor({ state: "detached" }).catch(failed);
    await until("the map to be clear", async () => (await pixelsOf(page, CLOSED)) === 0, 15_000);
  });
  assert.deepEqual(dispatcher.problems, []);
});
