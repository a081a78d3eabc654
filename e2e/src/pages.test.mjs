// The pages that are read rather than acted on — rosters, run cards, intervals, replay, streets, the chief's report — over made-up
// answers: they fit every width in either theme and language, nothing bars an assistive tool, and paper has no console on it.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MockChoice, PERMISSIONS } from "./choice-mock.mjs";
import { seriousFaults } from "./faults.mjs";
import { artefacts, until } from "./house.mjs";
import { address, openPage, skip, withPages } from "./mock-page.mjs";
import { DESK, fits, PHONE, settled } from "./people.mjs";

const WALL = { width: 2560, height: 1440 };
const NOW_US = Date.now() * 1000;
const HOUR_US = 3_600_000_000;
const BEATS = ["第1勤區", "第2勤區", "第3勤區", "第4勤區"];
const ROADS = ["中華路", "東門路", "健康路", "林森路", "永華路", "海安路", "西門路", "民族路"];
const name = (at) => ["王小明", "陳大文", "林美麗", "張國榮", "李四"][at % 5];

const shift = (at, from_h, until_h, joined) => ({ id: `s${at}-${from_h}`, unit: `u${at}`, call_sign: `永康 ${11 + at}`, name: name(at), from_us: NOW_US + from_h * HOUR_US, until_us: NOW_US + until_h * HOUR_US, joined_at_us: joined ? NOW_US + from_h * HOUR_US : null });
const crew = (at) => ({ unit: `u${at}`, call_sign: `永康 ${11 + at}`, state: ["available", "on_scene", "en_route"][at % 3], on: [shift(at, -4, 4, at % 4 !== 1), shift(at + 7, -4, 4, true)], next: at % 2 ? shift(at, 4, 12, false) : null, past_end: at % 5 === 2 ? [shift(at, -12, -1, true)] : [] });
const spread = (n, p50) => ({ n, p50_s: n < 5 ? null : p50, p90_s: n < 5 ? null : p50 * 2, p95_s: n < 5 ? null : p50 * 2.6 });
const row = (at) => ({ period: `2026-11-${String(16 + at).padStart(2, "0")}`, group: null, incidents: 40 + at, call_to_sent: spread(40, 70 + at), sent_to_under_way: spread(38, 40), under_way_to_on_scene: spread(37, 320), call_to_on_scene: spread(36, 480), on_scene_to_cleared: spread(at === 0 ? 3 : 35, 1500) });
const metres = (at) => ({ length_m: 12_400 + at * 130, covered_m: 7_000, stale_m: 2_000 + at * 30, open_m: 3_400 + at * 100 });
const street = (at) => ({ ...metres(at), name: at % 9 === 8 ? "" : `${ROADS[at % 8]}${(at % 3) + 1}段`, station: "永康派出所", beat: BEATS[at % 4], last_us: at % 4 === 3 ? null : NOW_US - at * HOUR_US });
const share = (part, whole) => ({ part, whole, share: part / whole, low: part / whole - 0.05, high: part / whole + 0.05 });
const visits = (at) => ({ on_time: 310 - at, late: 22 + at, missed: 9, on_time_share: share(310 - at, 341) });
const period = (at) => ({ from_us: NOW_US - (28 - at * 7) * 24 * HOUR_US, until_us: NOW_US - (21 - at * 7) * 24 * HOUR_US, is_over: at < 3, visits: visits(at), doubtful: 3, refused: 1, plans: 14, tally: { stops: 220, done: 180, skipped: 20, planned: 20 }, done_share: share(180, 220), units: 11, standing_s: 90_000, driving_s: 240_000, hit_share: share(41, 70), hits_expected: 33.4, streets: { days: 7, mean: 0.61, low: 0.54, high: 0.7 } });
const box = (at) => ({ id: `b${at}`, number: `YK-${String(at).padStart(3, "0")}`, name: `${ROADS[at % 8]}口便利商店`, station: "永康派出所", beat: BEATS[at % 4], visits: visits(at), hour_entropy: at % 6 ? 0.82 : null, guessed: at % 6 ? share(at, 40) : null });
const work = (at) => ({ unit: `u${at}`, call_sign: `永康 ${11 + at}`, shifts: 20, stops: 200, done: 160, skipped: 20, planned: 20, standing_s: 7_000, driving_s: 19_000 });
const car = (count, skills = []) => ({ count, unit_kind: "car", skills });

const ANSWERS = {
  "/shifts/board": { at_us: NOW_US, crews: Array.from({ length: 14 }, (_, at) => crew(at)) },
  "/shifts": { items: Array.from({ length: 24 }, (_, at) => shift(at, at % 2 ? -4 : 4, at % 2 ? 4 : 12, at % 2)) },
  "/checks": { items: [] },
  "/dispatch/cards": { version: 3, set_at_us: NOW_US - HOUR_US, set_by: "督導 陳", cards: { traffic_crash: [{ asks: [car(1)] }, { asks: [car(2), { count: 1, unit_kind: null, skills: ["crash_kit"] }] }], robbery: [{ asks: [car(2), { count: 1, unit_kind: "motorcycle", skills: [] }] }] } },
  "/dispatch/intervals": { from_us: NOW_US - 7 * 24 * HOUR_US, until_us: NOW_US, period: "day", division: "none", few: 5, items: Array.from({ length: 7 }, (_, at) => row(at)), is_cut: false },
  "/dispatch/kpis": { read_to_hit_ms: { p50: 240, p95: 810, n: 310 }, hit_to_confirmed_s: { p50: 21, p95: 74, n: 41 }, confirmed_to_dispatched_s: { p50: 12, p95: 40, n: 3 }, dispatched_to_arrived_s: { p50: 310, p95: 900, n: 260 } },
  "/patrol/streets": { ...metres(20), window: "day", from_us: NOW_US - 24 * HOUR_US, now_us: NOW_US, map_version: 4, counted_until_us: NOW_US - HOUR_US / 12, matched_share: 0.97, kept_days: 30, crews_min: 3, areas: BEATS.map((beat, at) => ({ ...metres(at), station: "永康派出所", beat })), streets: Array.from({ length: 40 }, (_, at) => street(at)), is_cut: true },
  "/patrol/streets/lines": { map_version: 4, is_cut: false, items: Array.from({ length: 90 }, (_, at) => ({ id: at, name: ROADS[at % 8], kind: at % 5 ? "local" : "through", is_one_way: false, length_m: 400, state: ["open", "covered", "open", "stale"][at % 4], forward: 2, backward: 1, last_us: NOW_US, line: at % 2 ? [[120.15, 22.94 + at / 900], [120.26, 22.94 + at / 900]] : [[120.15 + at / 900, 22.94], [120.15 + at / 900, 23.04]] })) },
  "/patrol/report": { by: "week", station: "", boxes_in_use: 62, periods: [0, 1, 2, 3].map(period), boxes: Array.from({ length: 60 }, (_, at) => box(at)), units: Array.from({ length: 11 }, (_, at) => work(at)), hour_entropy: 0.81, guessed: share(400, 4000), is_cut: false },
  "/patrol/summary": { stations: [{ station: "永康派出所" }] },
};
const reviewed = (at) => ({ basis: ["public_place", "traffic_enforcement", "gathering"][at % 3], purpose: ["路口治安與失竊車輛查緝", "超速違規採證", "跨年晚會安全維護"][at % 3], notice: "現場告示與警察局網站公告", decided_at_us: NOW_US - 200 * 24 * HOUR_US, decided_by_name: "督導 陳", until_us: NOW_US + (at * 9 - 20) * 24 * HOUR_US, ended_at_us: at === 2 ? NOW_US - HOUR_US : null, end_reason: at === 2 ? "里民陳情，改裝於對向路口" : null });
const camera = (at) => ({ camera: `c${at}`, name: `${ROADS[at % 8]}${(at % 3) + 1}段與中正路口`, kind: "fixed", position: { lon: 120.2, lat: 23 }, is_active: true, state: at % 7 === 6 ? "new" : at < 3 ? "stopped" : at < 6 ? "due" : "reviewed", until_us: NOW_US + (at * 9 - 20) * 24 * HOUR_US, review: at % 7 === 6 ? null : reviewed(at), destroyed: at === 1 ? 1_842 : 0 });
const step = (seq, kind, text, persons) => ({ seq, kind, text, persons, at_us: NOW_US - (20 - seq) * HOUR_US, written_at_us: NOW_US - (20 - seq) * HOUR_US, by_name: "稽核 林" });
const breach = (at, known_h, steps) => ({ id: `f${at}`, known_at_us: NOW_US - known_h * HOUR_US, since_us: null, what: at ? "巡邏車內平板於停車場遭竊，螢幕鎖定、已遠端清除。" : "委外維修時誤將備份硬碟帶離機房，二十分鐘後尋回。", data: "姓名、車牌、派遣紀錄", persons: at ? 37 : null, written_at_us: NOW_US - (known_h - 1) * HOUR_US, written_by_name: "督導 陳", tell_due_at_us: NOW_US + (24 - known_h) * HOUR_US, persons_told_at_us: steps.some((one) => one.kind === "persons_told") ? NOW_US - 12 * HOUR_US : null, authority_told_at_us: null, is_late: known_h > 24 && !steps.length, is_closed: false, steps });
const inquiry = (at, state) => ({ id: `q${at}`, state, plate_display: ["ABC-1280", "XY-9876", "EAA-5551"][at], document: "id_card", claim: "keeper", claim_shown: "行車執照", from_us: NOW_US - 366 * 24 * HOUR_US, until_us: NOW_US - 16 * 24 * HOUR_US, due_at_us: NOW_US + (at - 1) * 24 * HOUR_US, is_late: at === 0, asked_by_name: "執勤 張", confirmed_at_us: state === "asked" ? null : NOW_US - 24 * HOUR_US, confirmed_by_name: state === "asked" ? null : "督導 陳", refused_note: null });
Object.assign(ANSWERS, {
  "/cameras/register": { items: Array.from({ length: 40 }, (_, at) => camera(at)), next_cursor: null },
  "/oversight/partners": { items: [
    { id: "device 1", title: "高雄市政府警察局勤務指揮中心", since_us: NOW_US - 40 * 24 * HOUR_US, agreement: { basis: "行政程序法第 19 條職務協助，115 年協議書", until_us: NOW_US + 90 * 24 * HOUR_US, written_at_us: NOW_US - 9 * 24 * HOUR_US, written_by_name: "督導 陳" }, passes_until_us: NOW_US + 90 * 24 * HOUR_US, is_stopped: false, off_at_us: null, off_by_name: null, off_reason: null, on_asked_by_name: null, on_reason: null, passed_day: 412, refused_day: 0 },
    { id: "webhook 2", title: "消防局 119 派遣系統", since_us: NOW_US - 40 * 24 * HOUR_US, agreement: null, passes_until_us: null, is_stopped: true, off_at_us: NOW_US - HOUR_US, off_by_name: "執勤 張", off_reason: "收受端憑證外洩，停止傳送", on_asked_by_name: "督導 陳", on_reason: "已更換憑證", passed_day: 1_204, refused_day: 31 },
  ], next_cursor: null },
  "/oversight/inquiries": { items: [inquiry(0, "asked"), inquiry(1, "confirmed"), inquiry(2, "answered")], next_cursor: null },
  "/oversight/inquiries/q1": { ...inquiry(1, "confirmed"), answers: [], told_anyway: 2, deferrals: [], cases: [{ case_ref: "115-偵-7", uses: 4, first_at_us: NOW_US - 90 * 24 * HOUR_US, last_at_us: NOW_US - 24 * HOUR_US, offices: ["第一分局偵查隊", "刑事警察大隊"], is_running: true }, { case_ref: "115-偵-8", uses: 1, first_at_us: NOW_US - 9 * 24 * HOUR_US, last_at_us: NOW_US - 9 * 24 * HOUR_US, offices: [], is_running: false }] },
  "/oversight/inquiries/q2": { ...inquiry(2, "answered"), cases: [], told_anyway: 0, answers: [{ number: 1, made_at_us: NOW_US - HOUR_US, text: "車牌查詢使用紀錄答覆書\n\n申請編號：q2\n車牌：ABC-1280\n\n一、依個人資料保護法第 3 條、第 10 條，上述期間內對本車牌行車紀錄之查詢使用如下：\n    1. 2026-11-20　單位：第一分局　事由：巡邏勤務　與案件連結：否\n       依據：個人資料保護法第 16 條（執行法定職務必要範圍）　稽核紀錄：第 41822 筆", sha256: "5e".repeat(32), leaf: 52_114, handed_at_us: null, handed_by_name: null }], deferrals: [{ case_ref: "115-偵-7", uses: 4, until_us: NOW_US + 90 * 24 * HOUR_US, reason: "偵查中，告知將使嫌疑人逃匿", set_at_us: NOW_US - HOUR_US, set_by_name: "稽核 林", renewed_at_us: null, renewed_by_name: null, renewed_reason: null, told_in: null }] },
  "/oversight/breaches": { items: [breach(0, 3, []), breach(1, 30, []), breach(2, 30, [step(1, "measure", "更換全部平板的解鎖碼，停用遺失裝置的憑證。", null), step(8, "persons_told", "以掛號信與簡訊通知。", 37)])], next_cursor: null },
});
const sealed = (at, state, more = {}) => ({ id: `s${at}`, state, asked_office: ["刑事警察大隊偵二隊", "督察室"][at % 2], decider_office: ["督察室", "第一分局"][at % 2], asked_at_us: NOW_US - (at + 2) * 24 * HOUR_US, decided_at_us: state === "asked" ? null : NOW_US - (at + 1) * 24 * HOUR_US, ends_at_us: NOW_US + 90 * 24 * HOUR_US, extended_at_us: null, lifted_at_us: null, is_lift_asked: false, plates_sealed: 3, members_named: 4, content: null, is_mine_to_decide: false, ...more });
const content = { case_ref: "115-偵-88", plates: ["ABC-1280", "A8C-1280", "XY-9876"], members: [{ actor: "a1", name: "偵查 許" }, { actor: "a2", name: "偵查 林" }], reason: "臥底偵查中，保護同仁安全", asked_by_name: "偵查 許", decider_name: "督導 陳", decided_note: "", extended_by_name: null, lift_asked_by_name: null, lift_reason: null, lifted_by_name: null };
const given = (at) => ({ number: `115-1012-000${at}`, kind: ["traffic_crash", "noise", "theft"][at % 3], priority: 2 + (at % 3), closing_code: "handled", area: ["永康里", ""][at % 2], opened_hour_us: Date.UTC(2026, 9, 12, at) * 1000, lasted_s: 1_800 + at * 60, log: [{ after_s: 0, act: "incident_opened", by: "officer-5e5e5e5e5e5e5e5e" }, { after_s: 95, act: "unit_assigned", by: "officer-5e5e5e5e5e5e5e5e" }] });
const ratio = (at) => ({ area: ["永康里", "中正里", "龍潭里", "大灣里", "王行里", "網寮里"][at], share: 0.16, share_low: 0.15, share_high: 0.17, reference_share: [0.11, 0.16, 0.2, 0.17, 0.18, 0.16][at], ratio: [1.45, 1, 0.8, 0.94, 0.89, 1][at], ratio_low: [1.31, 0.8, 0.7, 0.8, 0.6, 0.9][at], ratio_high: [1.6, 1.2, 0.9, 1.1, 1.3, 1.1][at], verdict: ["more", "unsure", "less", "even", "unsure", "even"][at] });
const disclosure = (at, state) => ({ id: `d${at}`, state, request_ref: `115-公開-${at + 1}`, basis: "政府資訊公開法第 9 條", scope: at ? { by: "incident", number: "115-1122-0007" } : { by: "time", from_us: Date.UTC(2026, 9, 1, -8) * 1000, until_us: Date.UTC(2026, 10, 1, -8) * 1000 }, asked_at_us: NOW_US - 9 * HOUR_US, asked_by_name: "執勤 張", decided_at_us: state === "asked" ? null : NOW_US - HOUR_US, decided_by_name: state === "asked" ? null : "督導 陳", reason: state === "refused" ? "偵查中案件，依第 18 條第 1 項第 2 款不予提供" : null });
Object.assign(ANSWERS, {
  "/oversight/seals": { items: [sealed(0, "asked", { content, is_mine_to_decide: true }), sealed(1, "in_force", { content }), sealed(2, "in_force"), sealed(3, "ended")], next_cursor: null },
  "/oversight/seals/people": { items: Array.from({ length: 9 }, (_, at) => ({ actor: `a${at}`, name: `偵查 ${"許林陳張王李吳劉蔡"[at]}`, role: at % 3 ? "detective" : "supervisor", office: at % 2 ? "督察室" : "刑事警察大隊偵二隊", may_decide: at % 3 === 0 })), next_cursor: null },
  "/oversight/reasons": { from: "2026-09", until: "2026-11", lists: [{ asked: "hit", codes: ["misread", "not_answered"] }], lines: Array.from({ length: 24 }, (_, at) => ({ month: `2026-${9 + (at % 3)}`.replace("-9", "-09"), asked: ["hit", "order", "incident", "tours"][at % 4], code: ["misread", "too_far", "by_telephone", "weather"][at % 4], office: at % 5 ? "永康分局" : "", count: 40 - at })) },
  "/oversight/areas/report": { month: "2026-10", areas_version: 3, told_min: 10, left_out: [{ counted: "check_ins", reason: "destroyed", kept_since_us: NOW_US - 20 * 24 * HOUR_US }, { counted: "reports", reason: "not_counted", kept_since_us: null }], comparisons: [{ measure: "passages", reference: "residents", total: 48_210, reference_total: 25_200, lines: [0, 1, 2, 3, 4, 5].map(ratio), hidden: 2 }, { measure: "errors", reference: "hits", total: null, reference_total: 310, lines: [1, 2].map(ratio), hidden: 4 }], statement_zh: "本報告比較各里所占比例，不能說明原因。", statement_en: "This compares shares; it does not say why." },
  "/oversight/misuse/outcomes": { items: [{ month: "2026-10", origin: "alert", finding: "founded", code: null, count: 1 }, { month: "2026-10", origin: "sample", finding: "unfounded", code: "task", count: 11 }, { month: "", origin: "hand", finding: null, code: null, count: 3 }], next_cursor: null },
  "/oversight/disclosures/d0/preview": { disclosure: "d0", entries: [1, 2, 3].map((at) => ({ number: given(at).number, text: JSON.stringify(given(at)), sha256: "5e".repeat(32) })), entries_sha256: "ab".repeat(32) },
  "/oversight/disclosures": { items: [disclosure(0, "asked"), disclosure(1, "released"), disclosure(2, "refused")], next_cursor: null },
});
/** Of an incident: what happened, each with its second. */
const LOG = ["incident_opened", "assignment_offered", "assignment_accepted", "assignment_en_route", "assignment_on_scene"].map((key, at) => ({ at_us: NOW_US - HOUR_US + at * 40_000_000, by_name: "執勤 張", key, params: { call_sign: "永康 11" } }));

const PAGES = {
  shifts: "/dispatch/shifts",
  days: "/dispatch/shifts?tab=days",
  cards: "/dispatch/cards",
  intervals: "/dispatch/intervals",
  replay: "/dispatch/replay?incident={incident}",
  streets: "/streets",
  report: "/streets?tab=report",
  register: "/operate?tab=register",
  breaches: "/breaches",
  inquiries: "/inquiries",
  inquiry: "/inquiries?id=q1",
  answered: "/inquiries?id=q2",
  sharing: "/sharing",
  seals: "/seals",
  reasons: "/answers",
  areas: "/answers?tab=areas",
  disclosures: "/answers?tab=disclosures",
  outcomes: "/answers?tab=outcomes",
};

withPages();

async function open({ viewport, scheme, language }) {
  const page = await openPage({ viewport, scheme, local: { "shouhu.settings": { language } } });
  const mock = new MockChoice({ role: "supervisor" });
  await mock.attach(page);
  const json = (route, body) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) });
  for (const [path, body] of Object.entries(ANSWERS)) {
    await page.route((url) => url.pathname === `/v1${path}`, (route) => json(route, body));
  }
  await page.route("**/v1/incidents/*/log", (route) => json(route, { items: LOG }));
  await page.route("**/v1/identity/me", (route) => {
    const me = mock.of("GET", "/identity/me", {}, new URLSearchParams());
    return json(route, { ...me, permissions: [...PERMISSIONS.supervisor, "shifts.plan", "dispatch.report", "dispatch.replay", "patrol.plan", "actors.invite", "cameras.read", "cameras.review", "oversight.breaches", "breaches.read", "cameras.register", "oversight.areas", "oversight.verify", "inquiries.take", "inquiries.decide", "sharing.watch", "sharing.stop", "sharing.allow", "seals.watch", "seals.ask", "seals.decide", "oversight.reports", "disclosures.read", "disclosures.decide"] });
  });
  const go = async (path) => {
    await page.goto(address(`${path.replace("{incident}", mock.incidents[0].id)}`));
    await page.locator("#main").locator("table, fieldset, article").first().waitFor();
    await settled(page);
  };
  return { page, go, close: () => page.context().close() };
}

for (const [viewport, scheme, language] of [[DESK, "dark", "zh-TW"], [PHONE, "light", "zh-TW"], [WALL, "light", "en"]]) {
  test(`every page fits and is sound, ${viewport.width} px, ${scheme}, ${language}`, { skip }, async (t) => {
    const { page, go, close } = await open({ viewport, scheme, language });
    for (const [what, path] of Object.entries(PAGES)) {
      await t.test(what, async () => {
        await go(path);
        await fits(page);
        assert.equal(await page.evaluate(() => scrollY + document.getElementById("main").scrollTop), 0, "a page opens at its top");
        const cut = await page.evaluate(() => {
          const main = document.getElementById("main");
          return main.scrollWidth - main.clientWidth;
        });
        assert.ok(cut <= 0, `${cut} px of the room hang over its edge`);
        await page.screenshot({ path: join(artefacts, `pages-${what}-${viewport.width}-${scheme}-${language}.png`) });
        assert.deepEqual(await seriousFaults(page), []);
      });
    }
    assert.deepEqual(page.problems, []);
    await close();
  });
}

test("a month that is half typed asks nothing and says so, and the file comes from the server", { skip }, async () => {
  const { page, go, close } = await open({ viewport: DESK, scheme: "dark", language: "zh-TW" });
  const asked = [];
  page.on("request", (request) => request.url().includes("/oversight/reasons?") && asked.push(request.url()));
  await go(PAGES.reasons);
  assert.equal(await page.locator("#main .page").count(), 1, "the introduction stands in the page, not above it");
  const [from, until] = [page.getByTestId("month-from"), page.getByTestId("month-until")];
  const first = await from.inputValue();
  const before = asked.length;
  await from.fill("");
  await page.getByText("請填完整的年與月").waitFor();
  assert.equal(await page.getByText("載入中").count(), 0, "nothing is waited for that was not asked");
  assert.equal(await page.getByTestId("reason-row").count(), 0);
  await from.fill(first);
  await page.getByTestId("reason-row").first().waitFor();
  await until.fill("2020-01");
  await page.getByText("結束月份早於起始月份").waitFor();
  assert.equal(await until.getAttribute("aria-invalid"), "true", "it is said at the field");
  assert.equal(asked.length, before);
  await until.fill(first);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId("reasons-csv").click()]);
  assert.match(file.url(), new RegExp(`/v1/oversight/reasons\\.csv\\?from=${first}&until=${first}`));
  assert.deepEqual(page.problems, []);
  await close();
});

test("shares stand beside what they are held against, and what is left out is said", { skip }, async () => {
  const { page, go, close } = await open({ viewport: DESK, scheme: "light", language: "zh-TW" });
  await go(PAGES.areas);
  const table = page.getByTestId("areas-passages-residents");
  await table.getByRole("columnheader", { name: "對照占比" }).waitFor();
  assert.match(await table.getByTestId("area-row").first().innerText(), /16\.00 %[\s\S]*11\.00 %[\s\S]*1\.45/);
  await table.getByText("小於 10").waitFor();
  await page.getByTestId("areas-errors-hits").getByText("不公布", { exact: false }).first().waitFor();
  assert.match(await page.getByTestId("areas-left-out").innerText(), /巡簽[\s\S]*民眾報案/);
  await page.setViewportSize(PHONE);
  const beyond = await table.locator(".wide-table").evaluate((box) => box.scrollWidth - box.clientWidth);
  assert.equal(beyond, 0, "on a phone no number lies beyond the edge");
  await page.getByTestId("areas-month").fill("");
  await page.getByText("請填完整的年與月").waitFor();
  assert.equal(await page.getByText("載入中").count(), 0);
  await close();
});

test("on a phone no count of a report lies beyond the edge", { skip }, async () => {
  const { page, go, close } = await open({ viewport: PHONE, scheme: "light", language: "en" });
  for (const [what, row] of [["reasons", "reason-row"], ["outcomes", "outcome-row"]]) {
    await go(PAGES[what]);
    await page.getByTestId(row).first().waitFor();
    const beyond = await page.locator("#main .wide-table").evaluate((box) => box.scrollWidth - box.clientWidth);
    assert.equal(beyond, 0, what);
  }
  await close();
});

test("a disclosure is released as it was looked at, less what is kept back, by two presses", { skip }, async () => {
  const { page, go, close } = await open({ viewport: DESK, scheme: "dark", language: "zh-TW" });
  const sent = [];
  let refusal = "oversight.disclosure.changed";
  await page.route("**/v1/oversight/disclosures/d0/re*", (route) => {
    sent.push({ path: new URL(route.request().url()).pathname, body: route.request().postDataJSON() });
    if (refusal) return route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "t", status: 409, key: refusal }) });
    return route.fulfill({ contentType: "application/json", body: JSON.stringify(disclosure(0, "released")) });
  });
  await go(PAGES.disclosures);
  const card = page.getByTestId("disclosure").first();
  // Both days are in it, as whoever asked typed them.
  await card.getByText("2026-10-01 – 2026-10-31").waitFor();
  assert.equal(await card.getByTestId("disclosure-release").count(), 0, "nothing is released unseen");
  await card.getByTestId("disclosure-look").click();
  const rows = card.getByTestId("preview-row");
  await rows.nth(2).waitFor();
  await rows.nth(1).getByRole("checkbox").uncheck();
  await rows.nth(0).locator("summary").click();
  assert.ok((await rows.nth(0).innerText()).includes(JSON.stringify(given(1))), "letter by letter");
  assert.deepEqual(await seriousFaults(page), []);
  await page.screenshot({ path: join(artefacts, "pages-disclosure-preview.png") });
  await card.getByTestId("disclosure-release").click();
  assert.deepEqual(sent, [], "one press releases nothing");
  await card.getByTestId("disclosure-release-sure").click();
  // What was seen is not what there is any more: it is looked at again.
  await card.getByTestId("disclosure-decide").getByRole("alert").first().waitFor();
  assert.deepEqual(sent[0], { path: "/v1/oversight/disclosures/d0/release", body: { entries_sha256: "ab".repeat(32), without: ["115-1012-0002"] } });
  assert.equal(await card.getByTestId("disclosure-release").count(), 0);
  refusal = null;
  await card.getByTestId("disclosure-look").click();
  await card.getByTestId("disclosure-release").click();
  await card.getByTestId("disclosure-release-sure").click();
  await until("the release", () => sent.length === 2);
  assert.equal(await card.getByTestId("disclosure-refuse").isDisabled(), true, "no refusal without a reason");
  await card.getByTestId("disclosure-reason").fill("偵查中案件");
  await card.getByTestId("disclosure-refuse").click();
  await card.getByTestId("disclosure-refuse-sure").click();
  await until("the refusal", () => sent.length === 3);
  assert.deepEqual(sent[2], { path: "/v1/oversight/disclosures/d0/refuse", body: { reason: "偵查中案件" } });
  assert.deepEqual(page.problems, []);
  await close();
});

test("days of a request are both in it, and days that are not over are refused at the field", { skip }, async () => {
  const { page, go, close } = await open({ viewport: DESK, scheme: "dark", language: "zh-TW" });
  const sent = [];
  await page.route("**/v1/oversight/disclosures", (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    sent.push(route.request().postDataJSON());
    return route.fulfill({ contentType: "application/json", body: JSON.stringify(disclosure(0, "asked")) });
  });
  await go(PAGES.disclosures);
  const form = page.getByTestId("disclosure-form");
  await form.getByLabel("申請案號").fill("115-公開-9");
  await form.getByLabel("依據及第 18 條審查").fill("政府資訊公開法第 9 條");
  const day = (ago) => new Date(Date.now() + (8 - 24 * ago) * 3_600_000).toISOString().slice(0, 10);
  const midnight_us = (text) => Date.parse(`${text}T00:00:00+08:00`) * 1000;
  await form.getByTestId("disclosure-from").fill(day(40));
  await form.getByTestId("disclosure-until").fill(day(0));
  await form.getByText("只能申請已經過去的日子").waitFor();
  await form.getByTestId("disclosure-until").fill(day(9));
  await form.getByText("至多 31 日", { exact: true }).waitFor();
  assert.ok(await form.getByTestId("disclosure-ask").isDisabled());
  await form.getByTestId("disclosure-until").fill(day(10));
  await form.getByTestId("disclosure-ask").click();
  await until("the request", () => sent.length === 1);
  assert.deepEqual(sent[0].scope, { by: "time", from_us: midnight_us(day(40)), until_us: midnight_us(day(9)) });
  await close();
});

test("a seal is lengthened only to a day that the server takes", { skip }, async () => {
  const { page, go, close } = await open({ viewport: DESK, scheme: "dark", language: "zh-TW" });
  const sent = [];
  await page.route("**/v1/oversight/seals/s1/extend", (route) => {
    sent.push(route.request().postDataJSON());
    return route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "t", status: 422, key: "oversight.seal.until" }) });
  });
  await go(PAGES.seals);
  const seal = page.getByTestId("seal").nth(1);
  await seal.getByTestId("seal-extend").click();
  const day = seal.getByTestId("seal-until");
  const [first, last] = [await day.getAttribute("min"), await day.getAttribute("max")];
  assert.ok(first && last && first < last, `${first} ${last}`);
  await day.fill("2026-01-01");
  await seal.getByText(`須在 ${first} 與 ${last} 之間`).waitFor();
  assert.ok(await seal.getByTestId("seal-extend-sure").isDisabled());
  await day.fill(last);
  await seal.getByTestId("seal-extend-sure").click();
  await seal.getByText("封存須在一日後至一年內屆期").waitFor();
  assert.equal(sent[0].until_us, Date.parse(`${last}T23:59:00+08:00`) * 1000);
  await close();
});

test("paper is black on white and has no console on it, from either theme", { skip }, async (t) => {
  const { page, go, close } = await open({ viewport: DESK, scheme: "dark", language: "zh-TW" });
  for (const what of ["replay", "intervals", "report"]) {
    await t.test(what, async () => {
      await go(PAGES[what]);
      await page.emulateMedia({ media: "print" });
      const paper = await page.evaluate(() => {
        const ink = (element) => getComputedStyle(element).color;
        return { ink: [ink(document.body), ink(document.querySelector("#main td"))], back: getComputedStyle(document.body).backgroundColor, top: getComputedStyle(document.querySelector(".top")).display };
      });
      writeFileSync(join(artefacts, `pages-${what}.pdf`), await page.pdf({ format: "A4" }));
      await page.emulateMedia({ media: "screen" });
      assert.deepEqual(paper, { ink: ["rgb(0, 0, 0)", "rgb(0, 0, 0)"], back: "rgb(255, 255, 255)", top: "none" });
    });
  }
  await close();
});
