// Photos in a real browser over a made-up shift: the phone's button, look, queue and way back; the console's line, large view and what is
// gone. What the real server answers is the matter of photos.test.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MockChoice, PERMISSIONS } from "./choice-mock.mjs";
import { seriousFaults } from "./faults.mjs";
import { until } from "./house.mjs";
import { address, IN_TAINAN, openPage, shots, skip, withPages } from "./mock-page.mjs";
import { DESK, fits, PHONE } from "./people.mjs";

const NOW_US = () => Date.now() * 1000;
/** As large as a kept photo. */
const SCENE = `<svg xmlns="http://www.w3.org/2000/svg" width="2048" height="1536"><rect width="2048" height="1536" fill="#575"/><text x="400" y="800" font-size="260" fill="#fff">ABC-1234</text></svg>`;

withPages();

/** The server's part in photos: what was sent, and whether there is a line. */
class Photos {
  all = [];
  sent = [];
  isDown = false;
  refusal = null;
  isSlow = false;

  constructor(mock) {
    this.mock = mock;
    const [incident] = mock.incidents;
    const [unit] = mock.units;
    this.incident = incident;
    this.assignment = { id: "019c0004-0000-7000-8000-000000000001", incident: incident.id, incident_number: incident.number, unit: unit.id, call_sign: unit.call_sign, state: "on_scene", offered_at_us: NOW_US() - 6e8, offered_by: "x", delivered_at_us: NOW_US(), accepted_at_us: NOW_US(), en_route_at_us: NOW_US(), on_scene_at_us: NOW_US(), closed_at_us: null, closing_code: null, replies: [], reasons: [] };
  }

  photo(id, change = {}) {
    return { id, assignment: this.assignment.id, incident: this.incident.id, incident_number: this.incident.number, unit: this.assignment.unit, call_sign: this.assignment.call_sign, by: "me", by_name: "警員 李", received_at_us: NOW_US(), taken_at_us: NOW_US() - 9e6, caption: "", position: { lon: 120.2, lat: 22.99 }, accuracy_m: 8, sha256: "ab".repeat(32), received_bytes: 400_000, width_px: 2048, height_px: 1536, state: "kept", ended_at_us: null, end_reason: null, withdraw_until_us: NOW_US() + 3e8, ...change };
  }

  async attach(page) {
    const json = (route, body) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) });
    await page.route("**/v1/identity/me", (route) => {
      const me = this.mock.of("GET", "/identity/me", {}, new URLSearchParams());
      return json(route, { ...me, permissions: [...PERMISSIONS[this.mock.role], "photos.read", "incidents.read"] });
    });
    await page.route("**/v1/assignments/mine", (route) => json(route, { items: [{ assignment: this.assignment, incident: this.incident }] }));
    await page.route("**/v1/incidents/*/photos*", (route) => json(route, { items: this.all }));
    await page.route("**/v1/incidents/*/log", (route) =>
      json(route, { items: this.all.filter((one) => one.incident === this.incident.id).map((one) => ({ at_us: one.received_at_us, by_name: one.by_name, key: "photo_added", params: { call_sign: one.call_sign, photo: one.id, text: one.caption, sha256: one.sha256, bytes: 1 } })) }),
    );
    await page.route("**/v1/photos/*/withdraw", (route) => {
      const [at] = this.all.slice(-1);
      Object.assign(at, { state: "withdrawn", end_reason: route.request().postDataJSON().reason });
      return json(route, at);
    });
    await page.route(/\/v1\/photos\/[^/]+$/, (route) => route.fulfill({ contentType: "image/svg+xml", body: SCENE }));
    await page.route(/\/v1\/photos\/[^/]+\?/, (route) => route.fulfill({ contentType: "image/svg+xml", body: SCENE }));
    await page.route("**/v1/assignments/*/photos?*", (route) => {
      if (this.isDown) return route.abort("internetdisconnected");
      const query = new URL(route.request().url()).searchParams;
      this.sent.push({ query, bytes: route.request().postDataBuffer()?.length ?? 0 });
      if (this.isSlow) return route.fulfill({ status: 408, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "t", status: 408, key: "http.body.slow" }) });
      if (this.refusal) return route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "t", status: 422, key: this.refusal }) });
      const made = this.photo(query.get("photo"), { caption: query.get("caption") ?? "" });
      this.all.push(made);
      return json(route, made);
    });
  }
}

async function open(path, { role, viewport, scheme = "dark", all = () => [] }) {
  const page = await openPage({ viewport, scheme, ...IN_TAINAN });
  const mock = new MockChoice({ role });
  await mock.attach(page);
  const photos = new Photos(mock);
  photos.all = all(photos);
  await photos.attach(page);
  await page.goto(address(`${path.replace("{incident}", photos.incident.id)}`));
  return { page, photos, close: () => page.context().close(), shot: shots(page, "photos", scheme) };
}

/** As a camera gives it, drawn by the page so that no real scene lies in the project. */
async function picture(page) {
  const text = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 4000;
    canvas.height = 3000;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#464";
    pen.fillRect(0, 0, 4000, 3000);
    pen.fillStyle = "white";
    pen.font = "400px sans-serif";
    pen.fillText("ABC-1234", 800, 1600);
    return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
  });
  return { name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from(text, "base64") };
}

test("the phone takes, shrinks, sends and takes back a photo with one thumb", { skip }, async () => {
  const { page, photos, close, shot } = await open("/patrol", { role: "officer", viewport: PHONE, scheme: "light" });
  await page.getByTestId("photo-take").waitFor();
  const button = await page.getByTestId("photo-take").boundingBox();
  assert.ok(button.height >= 48 && button.width > 140 && button.y + button.height < PHONE.height, JSON.stringify(button));
  await shot("button");
  await page.getByTestId("photo-input").setInputFiles(await picture(page));
  await page.getByTestId("photo-look").waitFor();
  await page.getByTestId("photo-caption").fill("肇事車車頭，右前方凹陷");
  assert.deepEqual(await seriousFaults(page), []);
  await fits(page);
  await shot("look");
  await page.getByTestId("photo-send").click();
  await page.getByTestId("photo-sent").waitFor();
  assert.equal(photos.sent.length, 1);
  const [{ query, bytes }] = photos.sent;
  assert.deepEqual([query.get("caption"), query.get("lon")], ["肇事車車頭，右前方凹陷", null], "the place is sent only when it is ticked");
  assert.ok(bytes > 1_000 && bytes < 700_000, `${bytes} bytes of a picture of 12 million pixels`);
  await page.getByTestId("photo-withdraw").click();
  await page.getByTestId("photo-withdraw-reason").fill("拍錯");
  await shot("withdraw");
  await page.getByTestId("photo-withdraw-send").click();
  await page.locator('[data-testid="photo-sent"][data-state="withdrawn"]').waitFor();
  assert.deepEqual(page.problems, []);
  await close();
});

test("without a line a photo waits over a reload, and is sent once; a refusal stays until it is seen", { skip }, async () => {
  const { page, photos, close, shot } = await open("/patrol", { role: "officer", viewport: PHONE });
  await page.getByTestId("photo-take").waitFor();
  photos.isDown = true;
  await page.getByTestId("photo-input").setInputFiles(await picture(page));
  await page.getByTestId("photo-look").waitFor();
  await page.getByTestId("photo-send").click();
  await page.getByTestId("photo-queue").waitFor();
  assert.deepEqual(await seriousFaults(page), []);
  await shot("queued");
  await page.reload();
  await page.getByTestId("photo-queue").waitFor();
  photos.isDown = false;
  // By hand, unless the queue's own turn comes first.
  await page.getByTestId("photo-queue").getByRole("button").first().click({ timeout: 3_000 }).catch(() => {});
  await page.getByTestId("photo-sent").waitFor();
  await until("the notice to go", async () => (await page.getByTestId("photo-queue").count()) === 0);
  assert.equal(photos.sent.length, 1);

  photos.refusal = "dispatch.photo.damaged";
  await page.getByTestId("photo-input").setInputFiles(await picture(page));
  await page.getByTestId("photo-send").click();
  await page.getByTestId("photo-refused").waitFor();
  assert.match(await page.getByTestId("photo-refused").innerText(), /請重拍/);
  await shot("refused");
  await page.getByTestId("photo-refused").getByRole("button").click();
  await page.getByTestId("photo-refused").waitFor({ state: "detached" });

  await page.getByTestId("photo-input").setInputFiles({ name: "x.heic", mimeType: "image/heic", buffer: Buffer.from("\0\0\0\x18ftypheic") });
  assert.match(await page.getByTestId("photo-stop").innerText(), /HEIC/);
  assert.deepEqual(page.problems, []);
  await close();
});

test("a line too slow for a picture gives it up after three tries, and the officer sends it smaller", { skip }, async () => {
  const { page, photos, close, shot } = await open("/patrol", { role: "officer", viewport: PHONE, scheme: "light" });
  await page.getByTestId("photo-take").waitFor();
  photos.isSlow = true;
  await page.getByTestId("photo-input").setInputFiles(await picture(page));
  await page.getByTestId("photo-look").waitFor();
  await page.getByTestId("photo-send").click();
  for (const tries of [2, 3]) {
    await page.getByTestId("photo-queue").getByRole("button", { name: "立即重送" }).click();
    await until(`try ${tries}`, () => photos.sent.length === tries);
  }
  await page.getByTestId("photo-slow").waitFor();
  assert.match(await page.getByTestId("photo-slow").innerText(), /線路太慢[\s\S]*3 次[\s\S]*KB/);
  assert.deepEqual(await seriousFaults(page), []);
  await fits(page);
  await shot("slow");
  await page.reload();
  await page.getByTestId("photo-slow").waitFor();
  assert.equal(photos.sent.length, 3, "nothing is tried while nobody has decided");
  photos.isSlow = false;
  await page.getByTestId("photo-smaller").click();
  await page.getByTestId("photo-sent").waitFor();
  const [whole, , , smaller] = photos.sent;
  assert.equal(smaller.query.get("photo"), whole.query.get("photo"), "still the same photo");
  assert.ok(smaller.bytes < whole.bytes / 2, `${smaller.bytes} of ${whole.bytes} bytes`);
  assert.equal(await page.getByTestId("photo-queue").count(), 0);
  assert.deepEqual(page.problems, []);
  await close();
});

for (const scheme of ["dark", "light"]) {
  test(`the console shows photos in their lines and large, by keyboard, ${scheme}`, { skip }, async () => {
    const all = (photos) => [
      photos.photo("019c0006-0000-7000-8000-000000000001", { caption: "車頭", received_at_us: NOW_US() - 3e7 }),
      photos.photo("019c0006-0000-7000-8000-000000000002", { received_at_us: NOW_US() - 2e7, position: null, taken_at_us: null }),
      photos.photo("019c0006-0000-7000-8000-000000000003", { state: "withdrawn", received_at_us: NOW_US() - 1e7 }),
      photos.photo("019c0006-0000-7000-8000-000000000004", { incident: "019c0002-0000-7000-8000-000000000099", incident_number: "115-1121-0100" }),
    ];
    const { page, close, shot } = await open("/command?tab=incidents&incident={incident}", { role: "dispatcher", viewport: DESK, scheme, all });
    await page.getByTestId("photo-thumb").first().waitFor();
    assert.deepEqual([await page.getByTestId("photo-thumb").count(), await page.getByTestId("photo-gone").count()], [3, 1]);
    await page.getByTestId("photo-thumb").first().scrollIntoViewIfNeeded();
    assert.deepEqual(await seriousFaults(page), []);
    await shot("log");
    await page.getByTestId("photo-thumb").first().focus();
    await page.keyboard.press("Enter");
    const large = page.locator(".photo-large");
    await large.waitFor();
    assert.match(await large.getAttribute("alt"), /車頭/);
    assert.deepEqual(await seriousFaults(page), []);
    await shot("viewer");
    await page.keyboard.press("ArrowRight");
    await until("the next picture", async () => (await large.getAttribute("data-src")).includes("000000000002"));
    await page.keyboard.press("ArrowRight");
    await until("the one of a merged report", async () => (await large.getAttribute("data-src")).includes("000000000004"));
    // At the end "next" is still focused: the keys are still heard.
    await page.getByTestId("photo-next").focus();
    assert.equal(await page.getByTestId("photo-next").getAttribute("aria-disabled"), "true");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowLeft");
    await until("the picture before the last", async () => (await large.getAttribute("data-src")).includes("000000000002"));
    await page.getByTestId("photo-next").click();
    await until("the last picture by its button", async () => (await large.getAttribute("data-src")).includes("000000000004"));
    await page.keyboard.press("ArrowLeft");
    await until("the arrow key after the button", async () => (await large.getAttribute("data-src")).includes("000000000002"));
    await page.keyboard.press("Escape");
    await large.waitFor({ state: "detached" });
    assert.ok(new URL(page.url()).searchParams.get("incident"), "the card behind stays open");
    await until("the focus to come back to the thumb", () => page.getByTestId("photo-thumb").first().evaluate((thumb) => thumb === document.activeElement));
    await page.keyboard.press("Escape");
    await until("the next Escape to be the page's", () => !new URL(page.url()).searchParams.get("incident"));
    assert.deepEqual(page.problems, []);
    await close();
  });
}
