// What must hold when things go wrong: kill -9 in the middle of ingest, a clock a year off, replays, a taken port.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Device, sighting } from "./device.mjs";
import { House, until } from "./house.mjs";
import { Actor, openBrowser } from "./people.mjs";

const YEAR_US = 365 * 24 * 3600 * 1_000_000;

test("a server that is killed keeps every sighting that it acknowledged", { timeout: 180_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const operator = await Actor.enrol(browser, house, "維運", "operator");
  const detective = await Actor.enrol(browser, house, "偵查", "detective");
  const search = (plate) => detective.api("GET", `/v1/sightings?plate=${plate}&limit=200`, undefined, { "shouhu-purpose": "patrol" });
  const register = async (name) => {
    const invited = await operator.api("POST", "/v1/devices", { name, kind: "patrol_car" });
    return Device.enrol(house, invited.token);
  };

  await t.test("kill -9 between acknowledgement and the next request loses nothing, and a replay adds nothing", async () => {
    const device = await register("巡邏車 1");
    let sequence = 0;
    let acknowledged = 0;
    const sent = [];
    // One plate at one place in one millisecond is one passage (ADR 0007): these are a second apart.
    const first_us = Date.now() * 1000 - 3_600_000_000;
    for (let round = 0; round < 4; round += 1) {
      const inFlight = [];
      for (let n = 0; n < 12; n += 1) {
        const one = sighting(++sequence, "KNK-8888", first_us + sequence * 1_000_000);
        sent.push(one);
        inFlight.push(device.batch([one]).then((answer) => { if (answer.status === 200) acknowledged += answer.json.accepted; }, () => {}));
      }
      // Some of the twelve are answered, some are not: whichever, the receipt is what counts.
      await Promise.race(inFlight);
      await house.kill(house.server);
      await Promise.all(inFlight);
      house.start();
      await until("the server to come back", async () => (await fetch(`${house.url}/healthz`)).ok);
    }
    const kept = (await search("KNK8888")).items.length;
    assert.ok(kept >= acknowledged, `${acknowledged} acknowledged, ${kept} kept`);
    const again = await device.batch(sent);
    assert.equal(again.status, 200);
    assert.equal(again.json.accepted, sent.length - kept, "only what was never acknowledged is new");
    assert.equal(again.json.duplicates, kept);
    assert.equal((await search("KNK8888")).items.length, sent.length, "each exactly once");
    t.diagnostic(`${acknowledged} acknowledged before four kills, ${kept} kept, ${sent.length} after the replay`);
  });

  await t.test("a device whose clock is a year off is put right and told so", async () => {
    const device = await register("巡邏車 2");
    const there = Date.now() * 1000 - YEAR_US;
    const answer = await device.batch([sighting(1, "CLK-1234", there - 1_000_000)], there);
    assert.equal(answer.json.accepted, 1, JSON.stringify(answer.json));
    const [found] = (await search("CLK1234")).items;
    assert.ok(Math.abs(found.captured_at_us - Date.now() * 1000) < 60_000_000, "captured about now");
    assert.ok(Math.abs(found.clock_corrected_us) > YEAR_US / 2);
  });

  await t.test("what cannot be kept is set aside with its reason, and the rest of the batch is kept", async () => {
    const device = await register("巡邏車 3");
    const answer = await device.batch([sighting(1, "ＡＢＣ－１２３４"), sighting(2, "車牌?"), { ...sighting(3, "XYZ-1111"), confidence: 7 }, sighting(4, "abc-9999")]);
    assert.equal(answer.json.accepted, 2, JSON.stringify(answer.json));
    assert.deepEqual(answer.json.quarantined.map((one) => one.sequence), [2, 3]);
    const shown = await operator.api("GET", "/v1/sightings/quarantine");
    assert.ok(shown.items.some((item) => item.sequence === 2 && item.reason && item.detail));
    assert.equal((await search("ABC1234")).items.length, 1);
  });

  await t.test("an unknown or revoked device is refused", async () => {
    const device = await register("巡邏車 4");
    await operator.api("POST", `/v1/devices/${device.id}/revoke`, {});
    const answer = await device.batch([sighting(1, "REV-1234")]);
    assert.equal(answer.status, 401, JSON.stringify(answer.json));
    assert.match(answer.json.key, /^identity\.device/);
  });

  await t.test("a copied cookie opens nothing elsewhere, and its owner's browser goes on", async () => {
    const me = "/v1/identity/me";
    const cookie = (await operator.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const elsewhere = (headers) => fetch(`${house.url}${me}`, { headers: { cookie, ...headers } });
    const bare = await elsewhere({});
    assert.deepEqual([bare.status, (await bare.json()).key], [401, "identity.proof_required"]);
    const proof = { "shouhu-proof": await operator.freshProof("GET", me) };
    assert.equal((await elsewhere(proof)).status, 200, "the owner's own request");
    const recorded = await elsewhere(proof);
    assert.deepEqual([recorded.status, (await recorded.json()).key], [401, "identity.proof_refused"]);
    assert.equal((await operator.api("GET", me)).role, "operator");
  });

  await t.test("a second server on the same port says which port is taken and what to do", async () => {
    const second = house.spawn("shouhu", ["serve", "--data", `${house.folder}/second`, "--listen", `127.0.0.1:${house.port}`]);
    assert.notEqual(await second.ended, 0);
    assert.match(second.output, new RegExp(`port ${house.port} is taken`));
  });

  await t.test("a body that never ends is cut off with a problem, and nobody else waits", async () => {
    const huge = await fetch(`${house.url}/v1/identity/sign-in/start`, { method: "POST", body: "x".repeat(200_000) });
    assert.equal(huge.status, 413);
    assert.equal((await huge.json()).key, "http.body.too_large");
  });
});
