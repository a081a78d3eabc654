// Trust alerts and the dialogue that asks for a step-up, in a real browser over made-up answers, at a desk and on a phone, in both languages. What the real server
// answers is the matter of apps/shouhu/tests/house/trust.rs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seriousFaults } from "./faults.mjs";
import { until } from "./house.mjs";
import { address, openPage, shots, skip, withPages } from "./mock-page.mjs";
import { DESK, fits, PHONE } from "./people.mjs";

const NOW_US = Date.now() * 1000;
const MINUTE_US = 60_000_000;
const id = (at) => `019c0022-0000-7000-8000-${String(at).padStart(12, "0")}`;
const problem = (status, key) => ({ status, json: { type: "x", title: "t", status, key, detail: key } });

const WHYS = [
  { reasons: [{ code: "threat_listed", points: 100 }, { code: "proofs_refused", points: 0 }], unknown: ["passkey", "rota"] },
  { reasons: [{ code: "reads_per_minute", points: 25 }, { code: "address_out_of_listed", points: 25 }], unknown: ["passkey"] },
  { reasons: [{ code: "reads_per_hour", points: 45 }, { code: "reads_per_minute", points: 30 }], unknown: [] },
];

/** What one operator sees; a sensitive act wants a verification first. */
class Mock {
  asked = [];
  verified = 0;
  ended = new Set();

  constructor({ isEmpty = false } = {}) {
    this.isEmpty = isEmpty;
  }

  attach(page) {
    return page.route("**/v1/**", (route) => {
      const request = route.request();
      const path = new URL(request.url()).pathname.replace("/v1", "");
      this.asked.push(`${request.method()} ${path}`);
      // A line that is opened and stays silent.
      if (path === "/events") return undefined;
      const { status = 200, json } = this.of(request.method(), path);
      const media = status < 400 ? "application/json" : "application/problem+json";
      return route.fulfill({ status, contentType: media, body: json === undefined ? "" : JSON.stringify(json) });
    });
  }

  of(method, path) {
    const permissions = ["operations.watch", "devices.read", "trust.watch", "trust.end"];
    if (path === "/identity/me") return { json: { id: "me", name: "維運 王", role: "operator", unit: null, office: null, permissions, session_expires_at_us: NOW_US + 60 * MINUTE_US } };
    if (path === "/identity/trust") return { json: this.state() };
    if (path === "/session/trust") return { json: { verdict: "step_up", since_us: NOW_US, score: 50, verified_at_us: NOW_US, ...WHYS[1] } };
    if (path === "/session/step-up/start") return { json: { challenge_id: "c", options: { publicKey: { challenge: "AAAA", rpId: "localhost", userVerification: "required" } } } };
    if (path === "/session/step-up/finish") {
      this.verified += 1;
      return { json: { verified_at_us: NOW_US } };
    }
    if (method === "POST" && path.endsWith("/end")) {
      if (this.verified === 0) return problem(401, "identity.step_up_required");
      this.ended.add(path.split("/").at(-2));
      return { status: 204 };
    }
    return problem(404, "http.not_found");
  }

  state() {
    if (this.isEmpty) return { sessions: [], alerts: [] };
    const who = (at) => ({ session: id(at), actor: id(90 + at), name: ["警員 李大明", "偵查佐 Alexandrina Konstantinopoulou-Featherstonehaugh", "執勤員 張"][at] });
    const verdicts = ["block", "step_up", "restrict"];
    const sessions = verdicts.map((verdict, at) => ({ ...who(at), role: ["officer", "detective", "dispatcher"][at], verdict, score: [0, 50, 25][at], since_us: NOW_US - at * MINUTE_US, verified_at_us: NOW_US - 300 * MINUTE_US, is_held: at === 0, why: WHYS[at] }));
    const alerts = Array.from({ length: 40 }, (_, at) => ({ ...who(at % 3), id: id(200 + at), at_us: NOW_US - at * 30 * MINUTE_US, before: "allow", verdict: verdicts[at % 3], score: [0, 50, 25][at % 3], why: WHYS[at % 3], came_from: at % 4 ? "2001:db8:1234:5678:9abc:def0:1234:5678" : null, has_ended: at % 3 === 0 }));
    return { sessions: sessions.filter((one) => !this.ended.has(one.session)), alerts };
  }
}

withPages();

async function open(path, { viewport = DESK, scheme = "dark", locale = "zh-TW", ...state } = {}) {
  const page = await openPage({ viewport, scheme, locale, local: { "shouhu.settings": { language: locale.startsWith("en") ? "en" : "zh-TW" } } });
  // A finger that is always there.
  await page.addInitScript(() => {
    navigator.credentials.get = async () => ({ toJSON: () => ({ id: "k" }) });
  });
  const mock = new Mock(state);
  await mock.attach(page);
  await page.goto(address(`${path}`));
  return { page, mock, close: () => page.context().close(), shot: shots(page, "trust", scheme) };
}

for (const [scheme, viewport, locale] of [["dark", DESK, "zh-TW"], ["light", PHONE, "en-GB"]]) {
  test(`a sensitive act asks for the passkey once and then goes on by itself, ${scheme}, ${viewport.width} px`, { skip }, async () => {
    const { page, mock, close, shot } = await open("/operate?tab=trust", { scheme, viewport, locale });
    await page.getByTestId("trust-session").first().waitFor();
    assert.equal(await page.getByTestId("trust-session").count(), 3);
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("alerts");
    await page.getByTestId("trust-end").first().click();
    await page.getByTestId("trust-end-sure").click();
    await page.getByTestId("step-up-yes").waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await shot("step-up");
    await page.getByTestId("step-up-yes").click();
    await until("the act to be repeated", () => mock.ended.size === 1);
    await page.getByTestId("step-up-yes").waitFor({ state: "hidden" });
    await until("the session to be gone", async () => (await page.getByTestId("trust-session").count()) === 2);
    assert.equal(mock.verified, 1);
    assert.deepEqual(page.problems, []);
    await close();
  });
}

test("who says no is told so, and nothing is done", { skip }, async () => {
  const { page, mock, close } = await open("/operate?tab=trust");
  await page.getByTestId("trust-end").first().click();
  await page.getByTestId("trust-end-sure").click();
  await page.getByTestId("step-up-no").click();
  await page.locator(".failure", { hasText: "identity.step_up_required" }).waitFor();
  assert.deepEqual([mock.verified, mock.ended.size], [0, 0]);
  await close();
});

test("a house in which every session is trusted says so", { skip }, async () => {
  const { page, close } = await open("/operate?tab=trust", { isEmpty: true });
  await page.getByText("所有工作階段均受信任").waitFor();
  assert.deepEqual(await seriousFaults(page), []);
  await close();
});
