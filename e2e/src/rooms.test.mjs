// Rooms that had no screens: warnings, trackers and tracks, webhooks and partners, each by its main path, over the real server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";
import { noCity, openCity } from "./city.mjs";
import { freePort, House, root } from "./house.mjs";
import { Actor, DESK, openBrowser, settled } from "./people.mjs";

const skip = noCity();
const axePath = join(root, "web/node_modules/axe-core/axe.min.js");

async function assertNoFaults(page, what) {
  await settled(page);
  // Evaluated, not added as a tag: the server's content security policy holds for tests too.
  await page.evaluate(readFileSync(axePath, "utf8"));
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
  const faults = found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
  assert.deepEqual(faults, [], what);
}

/** Mantine's select: opened, and one option clicked. */
async function choose(page, testId, option) {
  await page.getByTestId(testId).click();
  await page.getByRole("option", { name: option }).first().click();
}

/** Another centre's CAP 1.2, made here. */
function capOf(identifier, { type = "Alert", references = "" } = {}) {
  const iso = (hours) => `${new Date(Date.now() + (hours + 8) * 3_600_000).toISOString().slice(0, 19)}+08:00`;
  return {
    name: `${identifier}.xml`,
    mimeType: "application/xml",
    buffer: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>${identifier}</identifier><sender>cap@weather.example</sender><sent>${iso(-1)}</sent>
  <status>Actual</status><msgType>${type}</msgType><scope>Public</scope>${references ? `<references>${references},${iso(-1)}</references>` : ""}
  <info><language>zh-TW</language><category>Met</category><event>豪雨特報</event><urgency>Expected</urgency><severity>Severe</severity>
    <certainty>Likely</certainty><expires>${iso(6)}</expires><headline>臺南市山區豪雨特報</headline><description>今晚至明晨有局部豪雨。</description>
    <area><areaDesc>臺南市楠西區、南化區</areaDesc></area></info>
</alert>`),
  };
}

test("warnings, trackers, webhooks and partners are worked by their pages", { skip, timeout: 300_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const { operator, at } = await openCity(browser, house, "district");
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const supervisor = await Actor.enrol(browser, house, "督導 陳", "supervisor");
  const officer = await Actor.enrol(browser, house, "警員 李", "officer");
  // A unit that only its tracker knows the place of: a crew on duty, whose own app is silent.
  const tracked = await operator.api("POST", "/v1/units", { call_sign: "永康 22", kind: "car" });
  await officer.api("POST", "/v1/units/mine/join", { unit: tracked.id });
  await officer.api("POST", "/v1/units/mine/state", { state: "available" });
  const unit = await operator.api("POST", "/v1/units", { call_sign: "永康 21", kind: "car" });
  await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
  await officer.api("POST", "/v1/units/mine/state", { state: "available" });
  await officer.api("POST", "/v1/units/mine/position", { position: at(0.5, 0.5), measured_at_us: Date.now() * 1000, accuracy_m: 8 });
  const incident = await dispatcher.api("POST", "/v1/incidents", { origin: "call", priority: 2, kind: "traffic_crash", summary: "砂石車翻覆", address: "", position: at(0.5, 0.5) });
  /** Ten minutes of a drive: a stretch, a silence of five minutes, a stretch whose device tells no accuracy, and one place at sea. */
  const drive = async (secret) => {
    const now_s = Math.floor(Date.now() / 1000);
    const send = async (lat, lon, ago_s, more = "") => {
      const answer = await fetch(`${house.url}/v1/positions/osmand?secret=${secret}&id=x&lat=${lat}&lon=${lon}&timestamp=${now_s - ago_s}${more}`);
      assert.equal(answer.status, 200);
    };
    for (let step = 0; step <= 20; step += 1) {
      const { lat, lon } = at(0.35 + step * 0.01, 0.5 + Math.sin(step / 4) * 0.02);
      await send(lat, lon, 600 - step * 10, `&accuracy=${step % 7 === 3 ? 60 : 8}&speed=${(6 + (step % 3)).toFixed(1)}&speed_unit=ms`);
    }
    for (let step = 0; step < 3; step += 1) {
      const { lat, lon } = at(0.62 + step * 0.01, 0.55);
      await send(lat, lon, 60 - step * 10);
    }
    await send(0, 0, 5);
  };
  const failed = (actor) => (error) => actor.explain(error);

  await t.test("a dispatcher drafts a warning, and cannot issue it", async () => {
    const { page } = dispatcher;
    await dispatcher.goto("/warnings");
    await page.getByText("目前沒有有效的警報").waitFor().catch(failed(dispatcher));
    await assertNoFaults(page, "an empty list of warnings");
    await dispatcher.shot("warnings-none");
    await page.getByTestId("warning-new").click();
    await page.getByTestId("warning-form").waitFor();
    assert.ok(await page.getByTestId("warning-send").isDisabled(), "nothing is sent that is not whole");
    await choose(page, "warning-category", "交通");
    await choose(page, "warning-response", "避開該處");
    await page.getByTestId("warning-urgency").click();
    await page.getByRole("option", { name: /現在就要行動/ }).waitFor();
    await settled(page);
    await dispatcher.shot("warnings-help", [DESK]);
    await page.getByRole("option", { name: /立即/ }).click();
    await choose(page, "warning-severity", /嚴重/);
    await choose(page, "warning-certainty", /已發生/);
    await page.getByTestId("warning-event-zh-TW").fill("封路");
    await page.getByTestId("warning-headline-zh-TW").fill("中正路全線封閉");
    await page.getByTestId("warning-description-zh-TW").fill("砂石車翻覆，清理中。");
    await page.getByTestId("warning-instruction-zh-TW").fill("請改走永大路。");
    await page.getByTestId("warning-has-en").check();
    await page.getByTestId("warning-event-en-US").fill("Road closure");
    assert.match(await page.getByTestId("warning-missing").innerText(), /英文標題.*有效期限.*地名.*範圍/);
    await page.getByTestId("warning-headline-en-US").fill("Zhongzheng Road is closed");
    await page.getByTestId("warning-in-3").click();
    await page.getByTestId("warning-area-name").fill("永康區中正路沿線");
    await page.locator('[data-testid="map"][data-idle]').waitFor().catch(failed(dispatcher));
    // Two clicks on the map: the middle, and how far.
    const box = await page.getByTestId("map").boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.click(box.x + box.width / 2 + 90, box.y + box.height / 2);
    await choose(page, "warning-incident", new RegExp(incident.number));
    await assertNoFaults(page, "the form of a warning");
    await dispatcher.shot("warnings-write");
    await page.getByTestId("warning-send").click();
    await page.getByTestId("warning-waits").waitFor().catch(failed(dispatcher));
    assert.match(await page.getByTestId("warning-waits").innerText(), /您草擬的/);
    assert.equal(await page.getByTestId("warning-issue").count(), 0, "a dispatcher has no button to issue");
    await dispatcher.shot("warnings-draft");
  });

  await t.test("a supervisor issues it, after two clicks, and everybody may read the document", async () => {
    const { page } = supervisor;
    await supervisor.goto("/warnings");
    await page.getByTestId("warning-row").first().click();
    await page.getByTestId("warning-issue").click();
    await page.getByTestId("warning-issue-sure").click();
    await page.getByTestId("warning-document").waitFor().catch(failed(supervisor));
    assert.match(await page.getByTestId("warning-incidents").innerText(), new RegExp(incident.number));
    assert.match(await page.getByTestId("warning-units").innerText(), /永康 21/);
    const [warning] = (await supervisor.api("GET", "/v1/warnings")).items;
    const document = await (await fetch(`${house.url}/v1/warnings/${warning.id}/cap.xml`)).text();
    assert.match(document, /中正路全線封閉/);
    assert.doesNotMatch(document, new RegExp(incident.number), "the incident stays inside");
    await assertNoFaults(page, "a warning in force");
    await supervisor.shot("warnings-issued");
    await dispatcher.goto("/command");
    await dispatcher.page.getByTestId("warnings-sign").waitFor().catch(failed(dispatcher));
    await dispatcher.page.locator('[data-testid="map"][data-idle]').waitFor();
    await dispatcher.shot("warnings-console", [DESK]);
  });

  await t.test("others' CAP is taken in, with a report; a broken one says where", async () => {
    const { page } = dispatcher;
    await dispatcher.goto("/warnings?tab=import");
    await page.getByTestId("warning-file").setInputFiles({ name: "x.xml", mimeType: "application/xml", buffer: Buffer.from("<alert><identifier>x</identifier></alert>") });
    await page.getByTestId("warning-detail").waitFor().catch(failed(dispatcher));
    await page.getByTestId("warning-file").setInputFiles(capOf("rain-1"));
    await page.getByTestId("warning-receipt").waitFor().catch(failed(dispatcher));
    assert.match(await page.getByTestId("warning-receipt").innerText(), /已收錄[\s\S]*臺南市山區豪雨特報[\s\S]*只有地名，沒有範圍/);
    await assertNoFaults(page, "the report of an import");
    await dispatcher.shot("warnings-import");
    await page.getByTestId("warning-file").setInputFiles(capOf("rain-1"));
    await page.getByText("之前收過").waitFor().catch(failed(dispatcher));
    await page.getByTestId("warning-file").setInputFiles(capOf("rain-2", { type: "Cancel", references: "cap@weather.example,rain-1" }));
    await page.getByText("1 則較早的警報").waitFor().catch(failed(dispatcher));
    await page.getByTestId("warning-file").setInputFiles(capOf("rain-3"));
    await page.getByText("rain-3").first().waitFor();
    await dispatcher.goto("/warnings?over=1");
    await page.getByTestId("warnings-over").getByTestId("warning-row").nth(1).waitFor();
    await dispatcher.shot("warnings-list");
  });

  await t.test("a cancellation is drafted from the warning, and ends it", async () => {
    const { page } = dispatcher;
    await dispatcher.goto("/warnings");
    await page.getByTestId("warning-row").filter({ hasText: "中正路" }).click();
    await page.getByTestId("warning-cancel").click();
    await page.getByTestId("warning-form").waitFor().catch(failed(dispatcher));
    assert.equal(await page.getByTestId("warning-headline-zh-TW").inputValue(), "解除：中正路全線封閉");
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await dispatcher.shot("warnings-cancel");
    await page.getByTestId("warning-send").click();
    await page.getByTestId("warning-waits").waitFor().catch(failed(dispatcher));
    const { page: desk } = supervisor;
    await supervisor.goto("/warnings");
    await desk.getByTestId("warning-row").filter({ hasText: "解除：" }).click();
    await desk.getByTestId("warning-issue").click();
    await desk.getByTestId("warning-issue-sure").click();
    await desk.getByText("這一則更新或解除了").waitFor().catch(failed(supervisor));
    // The dispatcher's list hears of it on the live line.
    await dispatcher.goto("/warnings");
    await page.getByTestId("warning-row").filter({ hasText: "中正路" }).waitFor({ state: "detached" }).catch(failed(dispatcher));
  });

  /** What the tracker's app is told, line by line. */
  const setup = async (page, name) => page.getByTestId(`secret-${name}`).innerText();

  await t.test("a tracker is registered; its secret is shown once, as it is typed into the app", async () => {
    const { page } = supervisor;
    await supervisor.goto("/positions");
    await page.getByText("還沒有定位裝置").waitFor().catch(failed(supervisor));
    await page.getByTestId("tracker-new").click();
    await page.getByTestId("tracker-name").fill("永康 22 車機");
    await choose(page, "tracker-unit", "永康 22");
    await assertNoFaults(page, "the form of a tracker");
    await page.getByTestId("tracker-register").click();
    await page.getByTestId("tracker-setup").waitFor().catch(failed(supervisor));
    await assertNoFaults(page, "a secret that is shown once");
    await supervisor.shot("trackers-secret");
    const address = await setup(page, "osmand");
    assert.match(address, /^http:\/\/localhost:\d+\/v1\/positions\/osmand\?secret=[a-z2-7]{32}&id=x&lat=\{0\}/);
    await page.keyboard.press("Escape");
    assert.ok(await page.getByTestId("tracker-setup").isVisible(), "no slip of a hand closes it");
    await page.getByTestId("tracker-done").click();
    const secret = new URL(address).searchParams.get("secret");
    await page.getByTestId("tracker-setup").waitFor({ state: "hidden" });
    await drive(secret);
    const row = page.getByTestId("tracker-row").first();
    await row.locator('[data-state="online"], [data-state="error"]').waitFor().catch(failed(supervisor));
    await row.getByRole("button").first().click();
    await page.getByTestId("tracker-refusals").waitFor().catch(failed(supervisor));
    assert.match(await page.getByTestId("tracker-refusals").innerText(), /位置不在臺灣範圍內/);
    await assertNoFaults(page, "a tracker with refusals");
    await supervisor.shot("trackers-card");
    await page.getByTestId("tracker-rename").fill("永康 22 手機");
    await page.getByRole("button", { name: "改名" }).click();
    await page.getByTestId("tracker-row").filter({ hasText: "永康 22 手機" }).waitFor();
  });

  await t.test("a track wants a case, is drawn with its silence, played and taken along as a file", async () => {
    const { page } = supervisor;
    await page.getByTestId("tracker-track").click();
    await page.getByTestId("track-read").click();
    await page.getByText("這個事由必須填寫案號").waitFor().catch(failed(supervisor));
    await page.getByTestId("search-case").fill(incident.number);
    await page.getByTestId("track-read").click();
    await page.getByTestId("track").waitFor().catch(failed(supervisor));
    assert.equal(await page.getByTestId("stretch-gap").count(), 1);
    assert.match(await page.getByTestId("track-summary").innerText(), /精度不明\s*3/);
    // In the silence nothing is made up: the last fix, and that nobody knows since.
    await page.getByTestId("stretch-gap").getByRole("button").click();
    const slider = page.getByRole("slider", { name: "時刻" });
    await slider.focus();
    const clock = page.getByTestId("track-clock");
    const before = await clock.innerText();
    await page.getByTestId("track-play").click();
    await page.waitForFunction((was) => document.querySelector('[data-testid="track-clock"]').textContent !== was, before);
    await page.getByText(/沒有訊號$/).first().waitFor().catch(failed(supervisor));
    await page.getByTestId("track-play").click();
    await page.locator('[data-testid="map"][data-idle]').waitFor();
    await assertNoFaults(page, "a track");
    await supervisor.shot("track");
    const [geojson] = await Promise.all([page.waitForEvent("download"), page.getByTestId("track-geojson").click()]);
    const kept = JSON.parse(readFileSync(await geojson.path(), "utf8"));
    assert.equal(kept.type, "FeatureCollection");
    const [gpx] = await Promise.all([page.waitForEvent("download"), page.getByTestId("track-gpx").click()]);
    assert.match(readFileSync(await gpx.path(), "utf8"), /<gpx[\s\S]*<trkseg>[\s\S]*<\/trkseg>[\s\S]*<trkseg>/);
  });

  await t.test("a tracker is revoked after two clicks", async () => {
    const { page } = supervisor;
    await supervisor.goto("/positions");
    await page.getByTestId("tracker-row").first().getByRole("button").first().click();
    await page.getByTestId("tracker-revoke").click();
    await page.getByTestId("tracker-revoke-sure").click();
    await page.getByTestId("tracker-card").locator('[data-state="revoked"]').waitFor().catch(failed(supervisor));
  });

  /** A receiver outside of the house: this program, on this machine. */
  const heard = [];
  const receiver = createServer((request, answer) => {
    request.resume();
    request.on("end", () => {
      heard.push(request.headers["shouhu-signature"]);
      answer.writeHead(500).end();
    });
  });
  const hooksPort = await freePort();
  await new Promise((done) => receiver.listen(hooksPort, "127.0.0.1", done));
  after(() => receiver.close());

  await t.test("an operator subscribes an address, and sees in words why nothing arrives", async () => {
    const { page } = operator;
    await operator.goto("/operate?tab=webhooks");
    await page.getByText("還沒有對外通知").waitFor().catch(failed(operator));
    await page.getByTestId("webhook-new").click();
    await page.getByTestId("webhook-title").fill("消防局");
    await page.getByTestId("webhook-url").fill("http://hooks.example/x");
    await page.getByText("網址須以 https:// 開頭").waitFor();
    await page.getByTestId("webhook-url").fill(`http://localhost:${hooksPort}/shouhu`);
    await page.getByTestId("webhook-incident_opened").check();
    await page.getByTestId("webhook-incident_closed").check();
    await assertNoFaults(page, "the form of a webhook");
    await operator.shot("webhooks-new");
    await page.getByTestId("webhook-add").click();
    await page.getByTestId("webhook-secret").waitFor().catch(failed(operator));
    assert.match(await page.getByTestId("secret-webhook").innerText(), /^[0-9a-f]{64}$/);
    await assertNoFaults(page, "a signing secret");
    await operator.shot("webhooks-secret");
    await page.getByTestId("webhook-done").click();
    await dispatcher.api("POST", "/v1/incidents", { origin: "call", priority: 3, kind: "noise", summary: "施工噪音", address: "", position: at(0.4, 0.5) });
    const outcome = page.getByTestId("webhook-outcome").first();
    await outcome.waitFor().catch(failed(operator));
    // The house of this test may not reach private networks: the reason is said in words.
    assert.equal(await outcome.getAttribute("data-outcome"), "private");
    assert.deepEqual(heard, []);
    await page.getByTestId("delivery-row").getByText(/在私有網段/).first().waitFor().catch(failed(operator));
    await assertNoFaults(page, "webhooks");
    await operator.shot("webhooks");
    await page.getByTestId("webhook-end").click();
    await page.getByTestId("webhook-end-sure").click();
    await page.getByTestId("webhook-row").getByText("已終止").waitFor().catch(failed(operator));
  });

  await t.test("a neighbouring centre's key is registered, ended and opened again", async () => {
    const { page } = operator;
    await operator.api("POST", "/v1/devices", { name: "高雄 CAD", kind: "partner" });
    await operator.goto("/operate?tab=partners");
    await page.getByText("還沒有鄰近勤務中心").waitFor().catch(failed(operator));
    await choose(page, "partner-device", "高雄 CAD");
    await page.getByTestId("partner-title").fill("高雄市勤務指揮中心");
    await page.getByTestId("partner-element").fill("kaohsiung");
    await page.getByText("網域名稱不正確").waitFor();
    await page.getByTestId("partner-element").fill("cad.kaohsiung.example");
    await page.getByTestId("partner-save").click();
    const row = page.getByTestId("partner-row").first();
    await row.waitFor().catch(failed(operator));
    assert.match(await row.innerText(), /高雄市勤務指揮中心[\s\S]*cad\.kaohsiung\.example[\s\S]*高雄 CAD[\s\S]*可傳送/);
    await assertNoFaults(page, "neighbouring centres");
    await operator.shot("partners");
    await row.getByTestId("partner-end").click();
    await row.getByTestId("partner-end-sure").click();
    await row.getByTestId("partner-begin").click();
    await row.getByText("可傳送").waitFor().catch(failed(operator));
  });

  await t.test("all of it is there in English", async () => {
    const { page } = supervisor;
    await page.getByTestId("account-menu").click();
    await page.getByRole("menuitem", { name: "English" }).click();
    await supervisor.goto("/warnings?tab=write");
    await page.getByText("Urgency: how soon to act").waitFor().catch(failed(supervisor));
    await supervisor.shot("warnings-write-en", [DESK]);
    await supervisor.goto("/positions?tab=tracks");
    await page.getByText("Choose a unit").or(page.getByPlaceholder("Choose a unit")).first().waitFor().catch(failed(supervisor));
    await supervisor.shot("track-form-en", [DESK]);
  });

  assert.deepEqual([...dispatcher.problems, ...supervisor.problems, ...operator.problems], []);
});
