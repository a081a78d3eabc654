// The questions to the sighting lake in a real browser, over made-up answers: thousands of rows, answers that are not
// whole, refusals. What the real server answers is the matter of main-job.test.mjs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { seriousFaults } from "./faults.mjs";
import { artefacts, until } from "./house.mjs";
import { MockLake } from "./lake-mock.mjs";
import { address, openPage, skip, withPages } from "./mock-page.mjs";
import { DESK, PHONE } from "./people.mjs";

const camera = (at) => `019a0000-0000-7000-8000-${String(at).padStart(12, "0")}`;

const QUESTIONS = {
  history: "?plate=bkf-5820&w=30d",
  plates: "?q=plates&plate=BKF5820&like=look_alike",
  cameras: `?q=cameras&cameras=${camera(1)},${camera(2)}`,
  area: "?q=area&area=c:120.2055,22.9908,1500",
  trajectory: "?q=trajectory&plate=BKF5820",
  convoys: "?q=convoys&plate=BKF5820",
  meetings: "?q=meetings&plates=BKF5820,ABC1234",
  passed: `?q=passed&cameras=${camera(0)}&then=${camera(40)}`,
  counts: "?q=counts",
};

withPages();

async function open({ viewport = DESK, scheme = "dark", permissions, caseRef = "115-1121-0041" } = {}) {
  const page = await openPage({ viewport, scheme, session: { "shouhu.grounds": { purpose: "investigation", case_ref: caseRef } }, acceptDownloads: true });
  const mock = new MockLake({ permissions });
  await mock.attach(page);
  return { page, mock, ask: () => page.getByTestId("search-submit").click(), close: () => page.context().close() };
}

for (const [scheme, viewport] of [["dark", DESK], ["light", PHONE]]) {
  test(`every question can be asked and read, ${scheme}, ${viewport.width} px`, { skip }, async (t) => {
    const { page, ask, close } = await open({ scheme, viewport });
    for (const [kind, query] of Object.entries(QUESTIONS)) {
      await t.test(kind, async () => {
        await page.goto(address(`/investigate${query}`));
        await ask();
        await page.getByTestId(`answer-${kind}`).waitFor();
        assert.deepEqual(await seriousFaults(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing hangs over the edge");
        await page.screenshot({ path: join(artefacts, `lake-${kind}-${viewport.width}.png`) });
      });
    }
    assert.deepEqual(page.problems, []);
    await close();
  });
}

test("the plate is sent as it is read, with its reason, and nothing is asked twice", { skip }, async () => {
  const { page, mock, ask, close } = await open();
  await page.goto(address(`/investigate`));
  await page.getByTestId("search-plate").fill("ｂｋｆ－５８２０");
  await ask();
  await page.getByTestId("sighting-row").first().waitFor();
  const asked = mock.asked.filter((one) => one.path === "/sightings");
  assert.equal(asked.length, 1);
  assert.equal(asked[0].query.plate, "BKF5820");
  assert.equal(asked[0].purpose, "investigation");
  assert.equal(new URL(page.url()).searchParams.get("plate"), "BKF5820");
  await close();
});

test("without a case nothing is asked, and the field says so", { skip }, async () => {
  const { page, mock, ask, close } = await open({ caseRef: "" });
  await page.goto(address(`/investigate?plate=BKF5820`));
  await ask();
  await page.locator(".grounds-bar .mantine-InputWrapper-error").waitFor();
  assert.deepEqual(mock.asked, []);
  await close();
});

test("of thousands of rows only those near the window exist, and the last can be reached", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.area}`));
  await ask();
  await page.getByTestId("sighting-row").first().waitFor();
  assert.ok((await page.getByTestId("sighting-row").count()) < 100);
  await page.locator(".answer-rows").evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await page.locator('tr[aria-rowindex="1001"]').waitFor();
  await close();
});

test("an answer that is not whole says so before its first row", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.area}`));
  await ask();
  assert.match(await page.getByTestId("partial").innerText(), /結果不完整[\s\S]*0007\.parquet/);
  await close();
});

test("keys go from question to question and from row to row", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.trajectory}`));
  await ask();
  await page.getByTestId("leg-row").first().waitFor();
  await page.locator(".answer-rows").focus();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.locator('[data-testid="leg-row"]:nth-child(2)[data-chosen]').waitFor();
  await page.getByTestId("detail").waitFor();
  await page.keyboard.press("6");
  assert.equal(new URL(page.url()).searchParams.get("q"), "convoys");
  await page.keyboard.press("/");
  assert.equal(await page.getByTestId("search-plate").evaluate((field) => field === document.activeElement), true);
  assert.equal(await page.getByTestId("search-plate").inputValue(), "BKF5820");
  await page.keyboard.press("Enter");
  await page.getByTestId("answer-convoys").waitFor();
  await page.goBack();
  // Its answer is still there: nothing is asked again.
  await page.getByTestId("answer-trajectory").waitFor();
  await close();
});

test("an impossible way is said in words, by shape and in the table", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.trajectory}`));
  await ask();
  assert.match(await page.locator('[data-kind="impossible"]').first().innerText(), /▲ 需 \d+ km\/h，不可能/);
  assert.match(await page.locator('[data-kind="gap"]').first().innerText(), /▨ 5\.2 小時沒有任何紀錄|▨ .*沒有任何紀錄/);
  await page.getByText("表格", { exact: true }).click();
  await page.getByText("兩車疑用同一車牌").first().waitFor();
  await close();
});

test("an area can be drawn by hand and typed as coordinates", { skip }, async () => {
  const { page, mock, ask, close } = await open();
  await page.goto(address(`/investigate?q=area`));
  await page.getByTestId("area-centre").fill("22.9908, 120.2055");
  await page.getByTestId("area-radius").fill("800");
  await ask();
  await page.getByTestId("answer-area").waitFor();
  assert.deepEqual(mock.asked.at(-1).body.area, { kind: "circle", center: { lon: 120.2055, lat: 22.9908 }, radius_m: 800 });
  // With an answer there a click chooses what was found, until somebody draws again.
  await page.getByText("多邊形").click();
  await page.getByTestId("area-draw").click();
  const map = page.getByTestId("map");
  await page.locator('[data-testid="map"][data-idle]').waitFor();
  const box = await map.boundingBox();
  for (const [x, y] of [[0.3, 0.3], [0.7, 0.3], [0.5, 0.7]]) await map.click({ position: { x: box.width * x, y: box.height * y } });
  assert.equal((await page.getByTestId("area-corners").inputValue()).split("\n").length, 3);
  await ask();
  await until("the polygon to be asked", () => mock.asked.at(-1).body.area?.kind === "polygon");
  assert.equal(mock.asked.at(-1).body.area.coordinates[0].length, 4);
  await close();
});

test("a file is made with progress and fetched with its reason", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.history}`));
  await ask();
  await page.getByTestId("export-open").click();
  await page.getByTestId("export-start").click();
  await page.locator('[data-testid="export-state"][data-state="running"]').waitFor();
  // A button and no link: its address carries a proof, which is made at the click and opens once.
  const fetch = page.getByRole("button").and(page.getByTestId("export-file"));
  await fetch.waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), fetch.click()]);
  assert.match(file.url(), /\/v1\/sightings\/exports\/export-1\/file\?purpose=investigation&case=115-1121-0041/);
  await close();
});

test("what is shown can be saved as a table", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.trajectory}`));
  await ask();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId("export-csv").click()]);
  const text = readFileSync(await file.path(), "utf8");
  assert.equal(text.trim().split("\r\n").length, 27);
  assert.match(text, /^\uFEFF編號,時間,地點/);
  await close();
});

test("a supervisor holds and lifts, and erases only what was typed twice", { skip }, async () => {
  const { page, mock, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.history}`));
  await ask();
  await page.getByTestId("sighting-row").nth(1).locator(".passage-main").click();
  await page.getByTestId("hold-this").click();
  await page.getByTestId("hold-note").fill("臺南地檢署來函");
  await page.getByTestId("hold-place").click();
  await page.getByTestId("hold-done").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("hold-done").waitFor({ state: "detached" });
  await page.getByTestId("detail").waitFor({ timeout: 1_000 });
  await page.goto(address(`/investigate?q=custody`));
  await page.getByTestId("hold-lift").first().click();
  await page.getByTestId("lift-note").fill("法院撤銷");
  await page.getByTestId("lift-confirm").click();
  await until("the hold to be lifted", () => mock.asked.some((one) => /lift$/.test(one.path) && one.body.note === "法院撤銷"));
  assert.equal(await page.getByTestId("erase-confirm").isDisabled(), true);
  await page.getByTestId("erase-plate").fill("bkf-5820");
  await page.getByTestId("erase-again").fill("BKF-5821");
  await page.getByTestId("erase-reason").fill("法院裁定");
  assert.equal(await page.getByTestId("erase-confirm").isDisabled(), true);
  await page.getByTestId("erase-again").fill("BKF 5820");
  await page.getByTestId("erase-confirm").click();
  await page.getByTestId("erase-done").waitFor();
  assert.deepEqual(await seriousFaults(page), []);
  await close();
});

test("who may not hold, erase or export sees no such doors", { skip }, async () => {
  const { page, ask, close } = await open({ permissions: ["sightings.search", "cameras.read"] });
  await page.goto(address(`/investigate${QUESTIONS.history}`));
  await ask();
  await page.getByTestId("sighting-row").first().locator(".passage-main").click();
  await page.getByTestId("detail").waitFor();
  for (const door of ["question-custody", "hold-this", "export-open"]) assert.equal(await page.getByTestId(door).count(), 0);
  await close();
});

test("Escape closes the dialog of a file and leaves the row behind it chosen", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.history}`));
  await ask();
  await page.getByTestId("sighting-row").nth(1).locator(".passage-main").click();
  await page.getByTestId("detail").waitFor();
  await page.getByTestId("export-open").click();
  await page.getByTestId("export-start").focus();
  await page.keyboard.press("Escape");
  await page.getByTestId("export-start").waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("detail").count(), 1);
  await page.keyboard.press("Escape");
  await page.getByTestId("detail").waitFor({ state: "detached" });
  await close();
});

test("a refusal is explained and can be tried again", { skip }, async () => {
  const { page, mock, ask, close } = await open();
  mock.failing = { path: "/sightings", status: 503, key: "http.overloaded" };
  await page.goto(address(`/investigate${QUESTIONS.convoys}`));
  await ask();
  assert.match(await page.locator(".failure").innerText(), /忙/);
  mock.failing = null;
  await page.locator(".failure button").click();
  await page.getByTestId("answer-convoys").waitFor();
  await close();
});

test("recent questions come back filled in, and only from memory", { skip }, async () => {
  const { page, mock, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.trajectory}`));
  await ask();
  await page.getByTestId("answer-trajectory").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("question-plates").click();
  await page.getByTestId("recent").click();
  const before = mock.asked.length;
  await page.getByRole("menuitem").first().click();
  assert.equal(new URL(page.url()).searchParams.get("q"), "trajectory");
  assert.equal(mock.asked.length, before);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.doesNotMatch(kept, /BKF5820/);
  await close();
});

test("on paper every row is there, with the reason, in black on white", { skip }, async () => {
  const { page, ask, close } = await open();
  await page.goto(address(`/investigate${QUESTIONS.trajectory}`));
  await ask();
  await page.getByTestId("leg-row").first().waitFor();
  await page.emulateMedia({ media: "print" });
  assert.match(await page.locator(".print-only").innerText(), /115-1121-0041/);
  assert.equal(await page.getByTestId("search-submit").isVisible(), false);
  await page.screenshot({ path: join(artefacts, "lake-print.png"), fullPage: true });
  await close();
});
