// Proposals, advice, the policy page and panic in a real browser over a made-up shift: thirty units, long names, nothing at all,
// refusals, no line. What the real server answers is the matter of choice.test.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MockChoice } from "./choice-mock.mjs";
import { seriousFaults } from "./faults.mjs";
import { answerByEnter, until } from "./house.mjs";
import { address, IN_TAINAN, openPage, shots, skip, withPages } from "./mock-page.mjs";
import { DESK, fits, PHONE } from "./people.mjs";

const incident = (at) => `019c0002-0000-7000-8000-${String(at).padStart(12, "0")}`;

withPages();

async function open(path, { viewport = DESK, scheme = "dark", ...shift } = {}) {
  const page = await openPage({ viewport, scheme, ...IN_TAINAN });
  const mock = new MockChoice(shift);
  await mock.attach(page);
  await page.goto(address(`${path}`));
  return { page, mock, close: () => page.context().close(), shot: shots(page, "choice", scheme) };
}

for (const [scheme, viewport] of [["dark", DESK], ["light", PHONE]]) {
  test(`a proposal is read and its unit taken away by keyboard alone, ${scheme}, ${viewport.width} px`, { skip }, async () => {
    const { page, mock, close, shot } = await open(`/command?tab=incidents&incident=${incident(0)}`, { scheme, viewport, isLong: true });
    await page.getByTestId("recommend-row").first().waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("proposal");
    await page.keyboard.press("d");
    await page.getByTestId("take-dialog").waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    await page.keyboard.press("Escape");
    await page.getByTestId("take-dialog").waitFor({ state: "hidden" });
    assert.deepEqual(mock.asked.filter((one) => one.path.endsWith("/assignments")), []);
    await page.keyboard.press("d");
    await page.getByTestId("take-dialog").waitFor();
    await answerByEnter(page, "take-dialog");
    await until("the order", () => mock.asked.some((one) => one.path.endsWith("/assignments")));
    const sent = mock.asked.filter((one) => one.path.endsWith("/assignments"));
    assert.equal(sent.length, 1);
    assert.ok(sent[0].body.take_from && sent[0].key, JSON.stringify(sent[0]));
    // It was the proposed one: nobody is asked why, and should the list have changed since, that is what is kept.
    assert.equal(sent[0].body.overriding, "list_changed");
    assert.equal(await page.getByTestId("reasons").count(), 0);
    assert.deepEqual(page.problems, []);
    await close();
  });

  test(`advice is read, an order handed over, cover drawn, ${scheme}, ${viewport.width} px`, { skip }, async () => {
    const { page, mock, close, shot } = await open("/command?tab=incidents", { scheme, viewport, isLong: viewport === PHONE });
    await page.getByTestId("incident-row").first().waitFor();
    await page.keyboard.press("v");
    await page.getByTestId("handover-row").first().waitFor();
    await page.getByTestId("cover-layer").focus();
    await page.keyboard.press("Space");
    // On a phone the map lies under the panel.
    await page.getByTestId("cover-legend").waitFor({ state: viewport === PHONE ? "attached" : "visible" });
    assert.equal(await page.getByTestId("cover-share").innerText(), "68%");
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("advice");
    await page.getByTestId("handover").first().focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("handover-dialog").waitFor();
    await answerByEnter(page, "handover-dialog");
    await page.getByTestId("handover-done").getByText("已交接").waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    // Enter once more, by a hand that is faster than the answer: the order is not asked for again, what was done still stands there.
    assert.equal(await page.locator('[data-testid="handover-row"][data-done]').getByTestId("handover").count(), 0);
    await page.keyboard.press("Enter");
    await page.getByTestId("handover-done").getByText("已交接").waitFor();
    assert.equal(await page.getByTestId("handover-dialog").count(), 0);
    assert.equal(mock.asked.filter((one) => one.path.endsWith("/handover")).length, 1);
    await page.keyboard.press("v");
    await page.getByTestId("advice-panel").waitFor({ state: "detached" });
    assert.deepEqual(page.problems, []);
    await close();
  });

  test(`the policy is set, and a number out of bounds is named, ${scheme}, ${viewport.width} px`, { skip }, async () => {
    const { page, mock, close, shot } = await open("/dispatch/policy", { scheme, viewport, role: "supervisor" });
    await page.getByTestId("policy-form").waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("policy");
    mock.failing = { path: "/dispatch/policy", method: "POST", status: 422, key: "dispatch.policy.out_of_range", params: { field: "rest.slower_max_s", least: 0, most: 600 } };
    await page.getByTestId("policy-rest.slower_max_s").fill("9000");
    await page.getByTestId("policy-save").click();
    await page.getByText("須在 0 至 600 之間", { exact: true }).waitFor();
    mock.failing = null;
    await page.getByTestId("policy-rest.slower_max_s").fill("120");
    await page.getByTestId("policy-choice-coverage_aware").click();
    await page.getByTestId("policy-save").click();
    await page.getByText("已儲存").waitFor();
    assert.deepEqual([mock.policy.policy, mock.policy.rest.slower_max_s], ["coverage_aware", 120]);
    assert.equal("set_by" in mock.asked.at(-1).body, false);
    assert.deepEqual(page.problems, []);
    await close();
  });

  test(`a cry for help is over every page, ${scheme}, ${viewport.width} px`, { skip }, async () => {
    const { page, mock, close, shot } = await open("/dispatch/policy", { scheme, viewport });
    await page.getByTestId("policy-form").waitFor();
    const from = Date.now();
    await mock.cry(8);
    await page.getByTestId("panic-row").waitFor();
    console.log(`panic: from the stream to the bar ${Date.now() - from} ms`);
    assert.notEqual(await page.getByTestId("panic-bar").getAttribute("data-siren"), "off");
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("panic");
    mock.failing = { path: "/acknowledge", status: 503, key: "http.overloaded" };
    await until("an answer to be tried", async () => {
      await page.keyboard.press("Enter");
      return mock.asked.some((one) => one.path.endsWith("/acknowledge"));
    });
    // It opened, and was not acknowledged: the alarm goes on.
    await page.getByTestId("incident-card").waitFor();
    assert.equal(await page.getByTestId("panic-row").getAttribute("data-state"), "raised");
    assert.notEqual(await page.getByTestId("panic-bar").getAttribute("data-siren"), "off");
    mock.failing = null;
    await page.getByTestId("panic-acknowledge").click();
    await page.locator('[data-testid="panic-row"][data-state="acknowledged"]').waitFor();
    await page.locator('[data-testid="panic-bar"][data-siren="off"]').waitFor();
    assert.deepEqual(page.problems, []);
    await close();
  });
}

const ordersOf = (mock) => mock.asked.filter((one) => one.path.endsWith("/assignments")).map((one) => one.body);
const focusedId = (page) => page.evaluate(() => document.activeElement?.dataset.testid);

test("whoever sends another unit than the first says why, by keyboard: the list takes the focus and gives it back", { skip }, async () => {
  const { page, mock, close } = await open(`/command?tab=incidents&incident=${incident(0)}`, { isTaking: false });
  const rows = page.getByTestId("recommend-row");
  await page.locator('[data-testid="recommend-row"][data-rank="2"]').waitFor();
  const second = page.locator('[data-testid="recommend-row"][data-rank="2"]').getByTestId("dispatch-unit");
  await second.focus();
  // An Enter that is held too long opens the list and gives no reason in it.
  await page.keyboard.down("Enter");
  await page.getByTestId("reasons").waitFor();
  await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  assert.deepEqual(ordersOf(mock), []);
  assert.equal(await focusedId(page), "reason-crew_cannot");
  for (const known of ["list_changed", "by_plan"]) assert.equal(await page.getByTestId(`reason-${known}`).count(), 0, "no person says that");
  assert.deepEqual(await seriousFaults(page), []);
  await page.keyboard.press("Escape");
  await page.getByTestId("reasons").waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("incident-card").count(), 1, "the card behind it stays");
  assert.ok(await second.evaluate((button) => button === document.activeElement), "the keyboard is where it was");
  await page.keyboard.press("Enter");
  await page.getByTestId("reason-knows_place").click();
  await until("the order", () => ordersOf(mock).length === 1);
  assert.equal(ordersOf(mock)[0].overriding, "knows_place");
  await page.getByTestId("reasons").waitFor({ state: "detached" });
  assert.ok((await rows.count()) > 0);
  assert.deepEqual(page.problems, []);
  await close();
});

test("a unit that is not first is taken from its job only with a reason", { skip }, async () => {
  const { page, mock, close } = await open(`/command?tab=incidents&incident=${incident(0)}`, { isTakenFirst: false });
  await page.getByTestId("take-unit").click();
  await page.getByTestId("reason-skill_needed").click();
  await page.getByTestId("take-dialog").waitFor();
  assert.deepEqual(ordersOf(mock), [], "a reason alone takes nobody away");
  await answerByEnter(page, "take-dialog");
  await until("the order", () => ordersOf(mock).length === 1);
  const [order] = ordersOf(mock);
  assert.ok(order.take_from, JSON.stringify(order));
  assert.equal(order.overriding, "skill_needed");
  assert.deepEqual(page.problems, []);
  await close();
});

test("a call that is being written down is not thrown away by a cry for help", { skip }, async () => {
  const { page, mock, close } = await open("/command?new=call");
  await page.getByTestId("call-summary").fill("有人落水");
  await mock.cry(3);
  await page.getByTestId("panic-row").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "call-summary");
  await until("the answer", async () => {
    await page.getByTestId("panic-acknowledge").click({ timeout: 1_000 }).catch(() => {});
    return mock.asked.some((one) => one.path.endsWith("/acknowledge"));
  });
  assert.equal(await page.getByTestId("call-summary").inputValue(), "有人落水");
  await close();
});

for (const [scheme, viewport] of [["dark", DESK], ["light", PHONE]]) {
  test(`an address in five towns is chosen by keyboard alone and stands on the incident, ${scheme}, ${viewport.width} px`, { skip }, async () => {
    const { page, mock, close, shot } = await open("/command?new=call", { scheme, viewport });
    await page.getByTestId("call-kind").click();
    await page.getByRole("option", { name: "打架鬥毆" }).click();
    await page.getByTestId("call-summary").fill("兩人互毆");
    const box = page.getByTestId("call-address");
    await box.fill("救命");
    await page.getByTestId("places-said").getByText("聽不出地名").waitFor();
    await box.fill("中正路50號");
    await page.getByTestId("place-option").nth(4).waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("places");
    await box.press("Enter");
    assert.equal(await page.getByTestId("place-option").count(), 5, "nobody is sent to the first of five equals");
    await box.press("ArrowDown");
    await box.press("ArrowDown");
    assert.match(await page.locator('[data-testid="place-option"][aria-selected="true"]').innerText(), /永康區[\s\S]*民權路/);
    await box.press("Enter");
    await page.getByTestId("places-said").getByText("臺南市永康區中正路50號").waitFor();
    // The list is gone, and Escape is the form's again.
    assert.equal(await page.getByTestId("place-option").count(), 0);
    await box.press("Enter");
    await until("the incident", async () => mock.asked.some((one) => one.path === "/incidents"));
    const { body } = mock.asked.find((one) => one.path === "/incidents");
    assert.deepEqual([body.address, body.position], ["臺南市永康區中正路50號", mock.places("中正路").items[1].position]);
    assert.deepEqual(page.problems, []);
    await close();
  });
}

test("a list of places is closed before its form, and another address is another place", { skip }, async () => {
  const { page, close } = await open("/command?new=call");
  const box = page.getByTestId("call-address");
  await box.fill("中正路50號");
  await page.getByTestId("place-option").nth(2).click();
  await page.getByText("清除", { exact: true }).waitFor();
  await box.fill("中正路51號");
  await page.getByTestId("place-option").first().waitFor();
  assert.equal(await page.getByText("清除", { exact: true }).count(), 0);
  await box.press("Escape");
  await page.getByTestId("place-option").first().waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("call-form").count(), 1);
  await box.press("Escape");
  await page.getByTestId("call-form").waitFor({ state: "detached" });
  await close();
});

test("the map goes to a cry, and offers to where a hand moves it", { skip }, async () => {
  const { page, mock, close } = await open("/command?tab=incidents");
  await page.locator('[data-testid="map"][data-idle]').waitFor();
  const map = await page.getByTestId("map").boundingBox();
  await page.mouse.move(map.x + 300, map.y + 300);
  await page.mouse.down();
  await page.mouse.move(map.x + 360, map.y + 340, { steps: 4 });
  await mock.cry(3);
  await page.getByTestId("panic-offer").waitFor();
  await page.mouse.up();
  await page.getByTestId("panic-offer").click();
  await page.getByTestId("panic-offer").waitFor({ state: "detached" });
  await page.locator(".panic-sign").waitFor();
  await close();
});

test("skills are set on the list of units", { skip }, async () => {
  const { page, mock, close } = await open("/operate?tab=units", { role: "supervisor" });
  const row = page.getByTestId("unit-skills").nth(1);
  await row.getByRole("button").click();
  await page.getByLabel("談判").check();
  await page.getByTestId("skills-save").click();
  await row.getByText("談判").waitFor();
  assert.deepEqual(mock.asked.at(-1).body, { skills: ["negotiator"] });
  await close();
});

for (const scheme of ["dark", "light"]) {
  test(`the officer's button: too short, without a line, heard, safe, ${scheme}`, { skip }, async () => {
    const { page, mock, close, shot } = await open("/patrol", { viewport: PHONE, scheme, role: "officer" });
    const button = page.getByTestId("panic-hold");
    await button.waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    const box = await button.boundingBox();
    await page.mouse.click(box.x + 100, box.y + 20);
    await page.locator('[data-testid="panic-hold"][data-state="released"]').waitFor();
    assert.equal(mock.asked.some((one) => one.path.includes("panic")), false);
    mock.isDown = true;
    await page.mouse.down();
    await page.locator('[data-testid="panic-dock"][data-view="unsent"]').waitFor();
    await page.mouse.up();
    await page.locator('[data-testid="panic-state"]', { hasText: "未送出" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "撥 110" }).getAttribute("href"), "tel:110");
    assert.deepEqual(await seriousFaults(page), []);
    await shot("unsent");
    await page.reload();
    mock.isDown = false;
    await page.goto(address(`/patrol`));
    await page.locator('[data-testid="panic-dock"][data-view="raised"]').waitFor();
    const keys = new Set(mock.asked.filter((one) => one.path.endsWith("/panic")).map((one) => one.key));
    assert.equal(keys.size, 1, "every try is the same cry");
    await page.getByTestId("panic-safe").click();
    assert.deepEqual(await seriousFaults(page), []);
    await shot("safe");
    await page.getByText("誤觸").click();
    await page.getByTestId("panic-safe-send").click();
    await page.locator('[data-testid="panic-dock"][data-view="cancelled"]').waitFor();
    await mock.cry(9);
    await page.getByTestId("panic-other").waitFor();
    assert.match(await page.getByTestId("panic-other").innerText(), /公里|公尺/);
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("other");
    assert.deepEqual(page.problems, []);
    await close();
  });
}

test("nothing is known, and it is said why", { skip }, async () => {
  const { page, close, shot } = await open("/command?tab=incidents&advice=1", { isEmpty: true });
  await page.getByTestId("no-cover").getByText("尚未匯入道路圖").waitFor();
  await page.getByText("沒有等候派遣的案件").waitFor();
  await shot("empty");
  await close();
});

test("the red button works over an open sheet", { skip }, async () => {
  const { page, mock, close } = await open("/patrol", { viewport: PHONE, role: "officer" });
  await page.getByTestId("check-in-open").click();
  await page.getByRole("dialog").waitFor();
  const box = await page.getByTestId("panic-hold").boundingBox();
  await page.mouse.move(box.x + 120, box.y + 30);
  await page.mouse.down();
  await page.locator('[data-testid="panic-dock"][data-view="raised"]').waitFor();
  await page.mouse.up();
  assert.equal(mock.asked.filter((one) => one.path.endsWith("/panic")).length, 1);
  await close();
});

test("the red button can be held by keyboard, and a screen reader's click asks first", { skip }, async () => {
  const { page, mock, close } = await open("/patrol", { viewport: PHONE, role: "officer" });
  const button = page.getByTestId("panic-hold");
  await button.waitFor();
  await button.evaluate((element) => element.click());
  await page.getByRole("dialog").getByText("發出緊急求援？").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(mock.asked.some((one) => one.path.endsWith("/panic")), false);
  await button.focus();
  await page.keyboard.down("Space");
  await page.locator('[data-testid="panic-dock"][data-view="raised"]').waitFor();
  await page.keyboard.up("Space");
  await close();
});
