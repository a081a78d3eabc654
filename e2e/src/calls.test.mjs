// Calls: what rings is taken by one of two dispatchers, becomes an incident or a report of one, and merges are undone. Keyboard only, over
// the real server, with an exchange that signs as the protocol says.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Device } from "./device.mjs";
import { House, until } from "./house.mjs";
import { chooseKind, press, tabTo } from "./keyboard.mjs";
import { Actor, openBrowser } from "./people.mjs";

const NUMBER = "0912345678";
const MASKED = "•••••••678";
const SCENE = { lon: 120.2268, lat: 22.9908 };
/** A hundred metres to the east. */
const BESIDE = { lon: 120.2278, lat: 22.9908 };

const row = (actor, state) => actor.page.locator(`[data-testid="call"][data-state="${state}"]`);

test("a call is one person's, leaves the list by a person, and joins what is known", {
  timeout: 240_000,
}, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const operator = await Actor.enrol(browser, house, "維運 周", "operator");
  const invited = await operator.api("POST", "/v1/devices", { name: "110 交換機", kind: "partner" });
  const exchange = await Device.enrol(house, invited.token);
  const ring = (ref, more = {}) =>
    exchange.post("/v1/calls", {
      ref,
      news: "ringing",
      kind: "voice",
      line: "110-3",
      caller: NUMBER,
      ...more,
    });
  assert.equal((await ring("x0")).status, 403, "a key that nobody registered rings nowhere");
  await operator.api("POST", "/v1/call-sources", { device: exchange.id, title: "110 交換機" });

  const zhang = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const wang = await Actor.enrol(browser, house, "執勤 王", "dispatcher");
  for (const one of [zhang, wang]) {
    await one.goto("/command?tab=incidents");
    await one.page
      .getByTestId("new-call")
      .waitFor()
      .catch((error) => one.explain(error));
  }
  let first;

  await t.test("a call rings on both consoles with its number masked, and one key takes it", async () => {
    assert.equal((await ring("x1")).status, 200);
    for (const one of [zhang, wang]) {
      await row(one, "ringing")
        .waitFor()
        .catch((error) => one.explain(error));
      assert.match(await row(one, "ringing").innerText(), new RegExp(MASKED));
    }
    await zhang.page.keyboard.press("a");
    await zhang.page
      .getByTestId("call-in-hand")
      .waitFor()
      .catch((error) => zhang.explain(error));
    assert.match(await zhang.page.getByTestId("call-in-hand").innerText(), new RegExp(NUMBER));
    await row(wang, "taken")
      .getByText("執勤 張")
      .waitFor()
      .catch((error) => wang.explain(error));
    assert.match(await row(wang, "taken").innerText(), new RegExp(MASKED));
    await zhang.shot("call-in-hand");
  });

  await t.test("it is written down, becomes an incident, and is off both lists", async () => {
    await chooseKind(zhang, "打架鬥毆");
    await tabTo(zhang, "call-summary");
    await zhang.page.keyboard.type("超商前兩人互毆");
    await press(zhang, "submit-call");
    await zhang.page
      .getByTestId("incident-card")
      .waitFor()
      .catch((error) => zhang.explain(error));
    first = (await zhang.api("GET", "/v1/incidents")).items[0];
    await until(
      "the call to leave the other list",
      async () => (await wang.page.getByTestId("call").count()) === 0,
    );
  });

  await t.test(
    "the next call of the number shows what it was about, and is joined to what is known",
    async () => {
      assert.equal(
        (await ring("x2", { kind: "app", text: "又打起來了", position: SCENE, accuracy_m: 12 })).status,
        200,
      );
      await row(wang, "ringing")
        .waitFor()
        .catch((error) => wang.explain(error));
      await wang.page.keyboard.press("a");
      const history = wang.page.getByTestId("call-history");
      await history.waitFor().catch((error) => wang.explain(error));
      assert.match(await history.innerText(), new RegExp(first.number));
      assert.equal(
        await wang.page.getByTestId("call-summary").inputValue(),
        "又打起來了",
        "the form begins with what is known",
      );
      await chooseKind(wang, "打架鬥毆");
      const likely = wang.page.locator(`[data-testid="duplicate"][data-incident="${first.id}"]`);
      await likely.waitFor().catch((error) => wang.explain(error));
      assert.match(await likely.innerText(), /同一支電話/);
      await wang.page.getByTestId("duplicates-notice").waitFor();
    await wang.shot("call-duplicates");
      await press(wang, "take-duplicate");
      await wang.page
        .getByTestId("incident-card")
        .waitFor()
        .catch((error) => wang.explain(error));
      const { items } = await wang.api("GET", "/v1/incidents");
      assert.deepEqual(
        items.map((one) => one.id),
        [first.id],
        "one event, one incident",
      );
      assert.deepEqual(items[0].position, SCENE, "the place came with the second call");
      assert.deepEqual((await wang.api("GET", "/v1/calls")).items, []);
    },
  );

  await t.test(
    "an incident that somebody else opened is merged on its card, and the merge is undone",
    async () => {
      const other = await wang.api("POST", "/v1/incidents", {
        origin: "call",
        priority: 1,
        kind: "weapon",
        summary: "有人拿刀",
        position: BESIDE,
      });
      await zhang.goto(`/command?tab=incidents&incident=${other.id}`);
      const likely = zhang.page.locator(`[data-testid="duplicate"][data-incident="${first.id}"]`);
      await likely.waitFor().catch((error) => zhang.explain(error));
      assert.match(await likely.innerText(), /相距/);
      await press(zhang, "take-duplicate");
      await zhang.page
        .getByTestId("taken-in-one")
        .waitFor()
        .catch((error) => zhang.explain(error));
      assert.equal(
        (await zhang.api("GET", `/v1/incidents/${first.id}`)).priority,
        1,
        "as urgent as its most urgent report",
      );
      await press(zhang, "taken-in-one");
      await zhang.page
        .getByTestId("merged-note")
        .waitFor()
        .catch((error) => zhang.explain(error));
      await zhang.shot("call-merged");
      await press(zhang, "unmerge");
      await zhang.page
        .locator('[data-testid="incident-card"][data-state="open"]')
        .waitFor()
        .catch((error) => zhang.explain(error));
      assert.equal((await zhang.api("GET", `/v1/incidents/${first.id}`)).priority, 2);
    },
  );

  await t.test("a caller who hangs up stays on the list until somebody says what became of it", async () => {
    assert.equal((await ring("x3", { caller: null })).status, 200);
    assert.equal((await ring("x3", { caller: null, news: "ended" })).status, 200);
    await row(wang, "abandoned")
      .waitFor()
      .catch((error) => wang.explain(error));
    await press(wang, "take-call");
    await wang.page
      .getByTestId("call-in-hand")
      .waitFor()
      .catch((error) => wang.explain(error));
    await tabTo(wang, "call-outcome");
    await wang.page.keyboard.press("ArrowDown");
    await wang.page.getByRole("option", { name: "已回撥，無人接" }).waitFor();
    for (let step = 0; step < 4; step += 1) await wang.page.keyboard.press("ArrowDown");
    await wang.page.keyboard.press("Enter");
    await press(wang, "settle-call");
    await until("the list to be empty", async () => (await wang.page.getByTestId("call").count()) === 0);
  });

  for (const one of [zhang, wang]) assert.deepEqual(one.problems, []);
});
