// A caller's own page: a dispatcher sends a link, a phone opens it without an account, agrees, shows where it is, writes and is answered;
// then it goes offline, is silent, stops, and ends. Two browsers that share nothing, over the real server.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { Device } from "./device.mjs";
import { artefacts, House, until } from "./house.mjs";
import { chooseKind, press, tabTo } from "./keyboard.mjs";
import { Actor, openBrowser, PHONE } from "./people.mjs";

const HERE = { latitude: 22.9908, longitude: 120.2055, accuracy: 14 };
const FAR = { latitude: 25.04, longitude: 121.56, accuracy: 14 };
const SEA_OF_JAPAN = { latitude: 38, longitude: 135, accuracy: 14 };

async function phoneWith(browser, options) {
  const context = await browser.newContext({
    viewport: PHONE,
    isMobile: true,
    hasTouch: true,
    locale: "zh-TW",
    ...options,
  });
  return { context, page: await context.newPage() };
}

const shot = async (page, name) => page.screenshot({ path: join(artefacts, `e2e-caller-${name}.png`) });
const words = (page) => page.getByTestId("word").allInnerTexts();

test("a caller shows where they are and writes, without an account and without a sound", {
  timeout: 300_000,
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
  await operator.api("POST", "/v1/call-sources", { device: exchange.id, title: "110 交換機" });
  const lin = await Actor.enrol(browser, house, "執勤 林", "dispatcher");
  await lin.goto("/command?tab=incidents");
  await lin.page.getByTestId("new-call").waitFor();
  const rang = await exchange.post("/v1/calls", {
    ref: "c1",
    news: "ringing",
    kind: "silent",
    line: "110-3",
    caller: "0912345678",
  });
  assert.equal(rang.status, 200);
  await lin.page.locator('[data-testid="call"][data-state="ringing"]').waitFor();
  await lin.page.keyboard.press("a");
  const panel = lin.page.getByTestId("caller-panel");
  const state = (name) =>
    lin.page
      .locator(`[data-testid="caller-state"][data-state="${name}"]`)
      .waitFor()
      .catch((error) => lin.explain(error));
  let phone;
  let url;

  await t.test("a dispatcher makes a link, which is told once", async () => {
    await press(lin, "make-caller-link");
    await state("sent");
    url = await lin.page.getByTestId("caller-url").innerText();
    assert.match(url, /\/c\/#[\w-]{43}$/);
    await lin.shot("caller-link");
  });

  await t.test("a phone opens it without an account; nothing is shown before its owner agrees", async () => {
    phone = await phoneWith(browser, { geolocation: HERE, permissions: ["geolocation"] });
    const asked = [];
    phone.page.on("request", (request) => asked.push(request.url()));
    await phone.page.goto(url);
    await phone.page.getByTestId("agree-share").waitFor();
    await state("opened");
    await shot(phone.page, "consent");
    const token = url.split("#")[1];
    assert.equal(
      asked.some((one) => new URL(one).pathname.includes(token) || new URL(one).search.includes(token)),
      false,
      "in no address",
    );
    const box = await phone.page.getByTestId("agree-share").boundingBox();
    assert.ok(box.height >= 48 && box.width >= 300, "a thumb finds it");
  });

  await t.test("it agrees and shows where it is, with how sure that is", async () => {
    await phone.page.getByTestId("agree-share").tap();
    const accuracy = phone.page.getByTestId("accuracy");
    await accuracy.waitFor();
    assert.match(await accuracy.innerText(), /14/);
    await state("sharing");
    const place = lin.page.getByTestId("caller-place");
    await place.waitFor().catch((error) => lin.explain(error));
    assert.match(await place.innerText(), /22\.99080, 120\.20550.*14 公尺/s);
    await shot(phone.page, "sharing");
    await lin.shot("caller-sharing");
  });

  await t.test(
    "words go both ways: an answer is there within two seconds, and each side sees what was read",
    async () => {
      await phone.page.getByTestId("silent").tap();
      await phone.page.getByTestId("quick_mute").tap();
      await panel
        .getByText("我不能說話")
        .waitFor()
        .catch((error) => lin.explain(error));
      await lin.page.getByTestId("caller-silent").waitFor();
      await lin.page.getByTestId("caller-unread").waitFor();
      await press(lin, "read-caller");
      await phone.page.getByText("勤務中心已讀").waitFor();
      await tabTo(lin, "caller-answer");
      await lin.page.keyboard.type("警察在路上，不要出聲");
      await lin.page.keyboard.press("Enter");
      await phone.page.getByText("警察在路上，不要出聲").waitFor();
      await panel
        .getByText("報案人已看到")
        .waitFor()
        .catch((error) => lin.explain(error));
      await shot(phone.page, "silent");
      await phone.page.getByTestId("blank-on").tap();
      await phone.page.getByTestId("blank").waitFor();
      await phone.page.getByTestId("blank").dblclick();
      await phone.page.getByTestId("blank").waitFor({ state: "detached" });
    },
  );

  await t.test(
    "the place becomes the scene only when a person says so, and the link goes on with the incident",
    async () => {
      await press(lin, "caller-as-scene");
      await chooseKind(lin, "打架鬥毆");
      await tabTo(lin, "call-summary");
      await lin.page.keyboard.type("報案人躲在屋內");
      await press(lin, "submit-call");
      await lin.page
        .getByTestId("incident-card")
        .waitFor()
        .catch((error) => lin.explain(error));
      const [incident] = (await lin.api("GET", "/v1/incidents")).items;
      assert.ok(Math.abs(incident.position.lon - HERE.longitude) < 1e-5);
      await state("sharing");
      await lin.shot("caller-incident");
    },
  );

  await t.test("a jump of 300 km and a place abroad move nothing", async () => {
    await phone.context.setGeolocation(FAR);
    await lin.page
      .getByTestId("caller-doubted")
      .waitFor()
      .catch((error) => lin.explain(error));
    assert.match(await lin.page.getByTestId("caller-place").innerText(), /22\.99080/);
    await phone.context.setGeolocation(SEA_OF_JAPAN);
    await phone.page.locator('[data-testid="place-trouble"][data-trouble="outside"]').waitFor();
    await phone.context.setGeolocation(HERE);
    await phone.page.getByTestId("place-trouble").waitFor({ state: "detached" });
  });

  await t.test("without a network the page says so, keeps what is written, and sends it once", async () => {
    await phone.context.setOffline(true);
    await phone.page.getByTestId("word-text").fill("在二樓廁所");
    await phone.page.getByTestId("send-word").tap();
    await phone.page.getByTestId("offline").waitFor();
    assert.equal(await phone.page.getByTestId("pending").count(), 1);
    await shot(phone.page, "offline");
    await phone.context.setOffline(false);
    await phone.page.getByTestId("pending").waitFor({ state: "detached" });
    assert.equal((await words(phone.page)).filter((text) => text.includes("在二樓廁所")).length, 1);
    await panel
      .getByText("在二樓廁所")
      .waitFor()
      .catch((error) => lin.explain(error));
  });

  await t.test("the caller stops at any time, and goes on by hand", async () => {
    await phone.page.getByTestId("stop-sharing").tap();
    await state("agreed");
    await phone.page.getByTestId("start-sharing").tap();
    await state("sharing");
  });

  await t.test(
    "a phone that forbids its place says so on both sides, and its owner still writes",
    async () => {
      await press(lin, "revoke-caller-link");
      await lin.page.getByTestId("revoke-caller-link-sure").click();
      await phone.page.locator('[data-testid="caller-end"][data-end="revoked"]').waitFor();
      await shot(phone.page, "revoked");
      await press(lin, "make-caller-link");
      const next = await lin.page.getByTestId("caller-url").innerText();
      const shy = await phoneWith(browser, {});
      await shy.page.goto(next);
      await shy.page.getByTestId("agree-share").tap();
      await shy.page.locator('[data-testid="place-trouble"][data-trouble="denied"]').waitFor();
      assert.deepEqual(
        await words(shy.page),
        [],
        "whoever opens a later link does not read what was written before",
      );
      await shy.page.getByTestId("quick_hidden").tap();
      await panel
        .getByText("我躲起來了")
        .waitFor()
        .catch((error) => lin.explain(error));
      await shot(shy.page, "denied");
      phone = shy;
    },
  );

  await t.test("the page ends when its call does, and rubbish opens nothing", async () => {
    const [incident] = (await lin.api("GET", "/v1/incidents")).items;
    await lin.api("POST", `/v1/incidents/${incident.id}/close`, { code: "handled", note: "", without_unit: "by_telephone" });
    await phone.page.locator('[data-testid="caller-end"][data-end="ended"]').waitFor();
    await shot(phone.page, "ended");
    await phone.page.getByTestId("language").tap();
    await phone.page.getByText("This call is dealt with").waitFor();
    for (const rubbish of ["#", "#short", `#${"A".repeat(43)}`]) {
      await phone.page.goto("about:blank");
      await phone.page.goto(`${house.url}/c/${rubbish}`);
      await phone.page.locator('[data-testid="caller-end"][data-end="unknown"]').waitFor();
    }
    assert.equal(await phone.page.getByTestId("dial").getAttribute("href"), "tel:110");
    await until(
      "the link to be over",
      async () => (await lin.page.locator('[data-testid="caller-state"][data-state="over"]').count()) > 0,
    );
  });
});
