// Two servers of one house behind a balancer that knows nothing of sessions: what begins at one ends at the other, what happens at one is on the screens of both, pictures are read
// from either, a session that ends at one is over at both, and when one is killed the other goes on with all that was acknowledged. Real servers, one PostgreSQL, real Chromium.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Balancer, SERVED_BY } from "./balancer.mjs";
import { Clusters, postgres } from "./clusters.mjs";
import { House, root, until } from "./house.mjs";
import { Actor, openBrowser } from "./people.mjs";

const skip = postgres() ? false : "PostgreSQL is not installed (make test installs it)";
const BOTH = [0, 1];
const ME = "/v1/identity/me";
/** From the answer to whoever opened an incident to the line on somebody else's console, whichever servers they are at. */
const SEEN_MS = 10_000;
/** From the end of a session at one server to its refusal at the other. */
const REFUSED_MS = 5_000;
/** A stream asks every three seconds whether its session still is. */
const STREAM_ENDS_MS = 10_000;
/** Of acknowledged incidents, before and after the kill. */
const SOME = 8;

/** Two servers: database, keys, lake and blobs are shared, the data folder with the lake's log is each one's own. */
class Pair extends House {
  static async open(store) {
    const pair = new Pair();
    pair.folder = mkdtempSync(join(tmpdir(), "shouhu-e2e-"));
    pair.programs = [];
    pair.servers = [];
    pair.balancer = await Balancer.open();
    pair.url = pair.balancer.url;
    mkdirSync(join(pair.folder, "blobs"));
    pair.places = BOTH.map((at) => pair.placeOf(at, store));
    // Whoever makes an invitation does so on the first one's machine.
    [pair.place] = pair.places;
    try {
      // One after the other: the first makes the master key.
      for (const at of BOTH) await pair.begin(at);
    } catch (error) {
      const said = pair.programs.map(({ output }) => output.slice(-1500)).join("\n--\n");
      await pair.close();
      throw new Error(`${error.message}\n${said}`);
    }
    return pair;
  }

  placeOf(at, store) {
    const data = join(this.folder, `data-${at}`);
    mkdirSync(data);
    symlinkSync(join(this.folder, "blobs"), join(data, "blobs"));
    const shared = ["--keys", join(this.folder, "keys"), "--lake", join(this.folder, "lake"), "--store", store, "--public-url", this.url];
    const own = ["--data", data, "--node", `server-${at}`, "--listen", `127.0.0.1:${this.balancer.ports[at]}`];
    return [...own, ...shared, "--trusted-proxy", "127.0.0.1"];
  }

  async begin(at) {
    const server = this.spawn("shouhu", ["serve", ...this.places[at], "--web", join(root, "web/dist")]);
    this.servers.push(server);
    await until(`server ${at} to answer`, async () => {
      assert.equal(server.child.exitCode, null, "it has ended");
      return (await fetch(`http://127.0.0.1:${this.balancer.ports[at]}/healthz`)).ok;
    });
  }

  async close() {
    await super.close();
    await this.balancer.close();
  }
}

test("two servers behind a balancer are one house, and one of them may die", { skip, timeout: 480_000 }, async (t) => {
  const opened = [];
  after(async () => {
    for (const one of opened.reverse()) await one.close();
  });
  const clusters = await Clusters.alone();
  opened.push(clusters);
  const house = await Pair.open(clusters.url);
  opened.push(house);
  const { balancer } = house;
  const browser = await openBrowser();
  opened.push(browser);

  const servedBy = (answer) => Number(answer.headers()[SERVED_BY]);
  const failed = (actor) => (error) => actor.explain(error);
  const cookieOf = async (actor) => {
    const found = (await actor.context.cookies()).find(({ name }) => name === "shouhu_session");
    return `shouhu_session=${found?.value}`;
  };
  const streamOf = async (actor) => balancer.streamAt(await cookieOf(actor));
  const isLive = (actor) => actor.page.locator('[data-testid="link-state"][data-state="live"]').waitFor().catch(failed(actor));
  /** Does it until the wanted server was the one that did: other pages ask meanwhile, and take turns. */
  const at = (server, what, act) =>
    until(`${what} by server ${server}`, async () => {
      balancer.turn = server;
      const done = await act();
      return done?.server === server ? done : null;
    });

  const acknowledged = new Map();
  const refused = [];
  let number = 0;
  /** Opens one incident; keeps what was acknowledged, and how it was refused otherwise. */
  const open = async (actor) => {
    const summary = `第 ${(number += 1)} 件`;
    const body = { origin: "call", priority: 3, kind: "traffic_crash", summary, address: "", position: { lon: 120.2, lat: 23 } };
    // No answer at all: the server died amid it.
    const answer = await actor.request("POST", "/v1/incidents", body, { "shouhu-purpose": "dispatch" }).catch(() => null);
    if (!answer?.ok()) {
      refused.push(answer ? { status: answer.status(), text: await answer.text() } : { status: null });
      return null;
    }
    const { id } = await answer.json();
    acknowledged.set(id, summary);
    return { id, summary, server: servedBy(answer) };
  };
  const isShown = (actor, summary) => actor.page.getByTestId("incident-row").filter({ hasText: summary }).waitFor({ timeout: SEEN_MS }).catch(failed(actor));

  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const auditor = await Actor.enrol(browser, house, "稽核 周", "auditor");
  const officer = await Actor.enrol(browser, house, "警員 李", "officer");
  const desks = [await Actor.enrol(browser, house, "執勤 張", "dispatcher"), await Actor.enrol(browser, house, "執勤 陳", "dispatcher")];
  const [first, second] = desks;

  await t.test("whoever begins to enrol at one server ends at the other, and both take part", () => {
    const pairs = balancer.ceremonies("/v1/identity/enrol");
    assert.equal(pairs.length, 5, JSON.stringify(pairs));
    for (const [start, finish] of pairs) assert.notEqual(start, finish, JSON.stringify(pairs));
    const answered = new Set(balancer.seen.filter(({ status }) => status === 200).map(({ server }) => server));
    assert.deepEqual([...answered].sort(), BOTH);
  });

  /** With the passkey, by the page; where it began and where it ended. */
  const signIn = async (start) => {
    await officer.context.clearCookies();
    await officer.goto("/sign-in");
    const button = officer.page.getByTestId("sign-in-button");
    await button.waitFor().catch(failed(officer));
    balancer.turn = start;
    await button.click();
    await officer.page.getByTestId("account-menu").waitFor().catch(failed(officer));
    const [began, ended] = balancer.ceremonies("/v1/identity/sign-in").at(-1);
    return { server: began, ended };
  };

  await t.test("a sign-in by passkey begins at either server and ends at the other", async () => {
    for (const start of BOTH) {
      const { ended } = await at(start, "a sign-in begun", () => signIn(start));
      assert.equal(ended, 1 - start);
    }
  });

  await t.test("an incident that is opened at either server is on the consoles of both within seconds", async () => {
    for (const desk of desks) {
      await desk.goto("/command?tab=incidents");
      await isLive(desk);
    }
    await until("the consoles' streams to be at different servers", async () => {
      const where = await Promise.all(desks.map(streamOf));
      if (!where.includes(null) && where[0] !== where[1]) return true;
      // Its next stream is at the other one.
      await second.page.reload();
      await isLive(second);
      return false;
    });
    for (const server of BOTH) {
      const { summary } = await at(server, "an incident opened", () => open(second));
      const from = Date.now();
      await Promise.all(desks.map((desk) => isShown(desk, summary)));
      t.diagnostic(`opened at server ${server}, on the consoles of both ${Date.now() - from} ms later`);
    }
    assert.deepEqual((await Promise.all(desks.map(streamOf))).sort(), BOTH, "and the streams are at different servers still");
  });

  await t.test("a picture that one server took is read from both", async () => {
    const unit = await operator.api("POST", "/v1/units", { call_sign: "永康 21", kind: "car" });
    await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
    await officer.api("POST", "/v1/units/mine/state", { state: "available" });
    const incident = await open(first);
    const sent = await first.api("POST", `/v1/incidents/${incident.id}/assignments`, { unit: unit.id, overriding: "knows_place" });
    await officer.api("POST", `/v1/assignments/${sent.id}/step`, { step: "accept" });
    for (const taker of BOTH) {
      const picture = await officer.page.screenshot({ type: "jpeg", quality: 60 + 20 * taker });
      const { photo } = await at(taker, "a photo taken", async () => {
        const id = randomUUID();
        const answer = await officer.request("POST", `/v1/assignments/${sent.id}/photos?photo=${id}`, picture, { "content-type": "image/jpeg" });
        assert.equal(answer.status(), 200, await answer.text());
        return { photo: id, server: servedBy(answer) };
      });
      const read = [];
      for (const reader of BOTH) {
        const { status, bytes } = await at(reader, "a photo read", async () => {
          const answer = await first.request("GET", `/v1/photos/${photo}`);
          return { status: answer.status(), bytes: await answer.body(), server: servedBy(answer) };
        });
        assert.equal(status, 200, `taken by server ${taker}, read from server ${reader}: ${bytes.subarray(0, 300)}`);
        assert.ok(bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xd8])), "a JPEG");
        read.push(bytes);
      }
      assert.ok(read[0].equals(read[1]), "the same bytes from both");
    }
  });

  /** What a server says to the officer's key with this cookie, which the browser may have lost by then. */
  const meBy = (cookie, server) =>
    at(server, "an answer", async () => {
      const answer = await fetch(`${house.url}${ME}`, { headers: { cookie, "shouhu-proof": await officer.prove("GET", ME) } });
      officer.nonce = answer.headers.get("shouhu-nonce") ?? officer.nonce;
      const { key } = await answer.json();
      // Nothing was said of the session yet.
      if (key === "identity.proof_stale") return null;
      return { said: [answer.status, key], server: Number(answer.headers.get(SERVED_BY)) };
    });

  await t.test("a session that ends at one server is over at the other, and so is its stream", async () => {
    const ended = new Set();
    for (let tries = 0; ended.size < BOTH.length; tries += 1) {
      assert.ok(tries < 10, `sessions ended at ${[...ended]} only`);
      await signIn(tries % 2);
      await until("the officer's stream", async () => (await streamOf(officer)) !== null);
      const cookie = await cookieOf(officer);
      for (const server of BOTH) assert.deepEqual((await meBy(cookie, server)).said, [200, undefined], `server ${server}, before`);
      balancer.turn = ended.has(0) ? 1 : 0;
      const out = await officer.request("POST", "/v1/identity/sign-out", {});
      assert.equal(out.status(), 204, await out.text());
      const server = servedBy(out);
      await until(
        `the session that ended at server ${server} to be refused at the other`,
        async () => {
          const { said } = await meBy(cookie, 1 - server);
          assert.deepEqual(said, [401, "identity.session_required"]);
          return true;
        },
        REFUSED_MS,
      );
      await until("its stream to end", () => [...balancer.streams].every((one) => !one.cookie.includes(cookie)), STREAM_ENDS_MS);
      ended.add(server);
    }
  });

  await t.test("one server is killed amid writing: the other has all, consoles move to it, and what is opened now is shown", async () => {
    await until("the console's stream", async () => (await streamOf(first)) !== null);
    const dead = await streamOf(first);
    const alive = 1 - dead;
    const before = acknowledged.size;
    let isOver = false;
    const writer = (async () => {
      while (!isOver) await open(second);
    })();
    try {
      await until("some incidents", () => acknowledged.size >= before + SOME);
      await house.kill(house.servers[dead]);
      const asked = balancer.seen.length;
      const killed_ms = Date.now();
      const then = acknowledged.size;
      await until("some more", () => acknowledged.size >= then + SOME);
      await until("the console's stream at the other server", async () => (await streamOf(first)) === alive);
      await isLive(first);
      t.diagnostic(`the console was live again ${Date.now() - killed_ms} ms after its server was killed`);
      isOver = true;
      await writer;
      const last = await open(second);
      assert.equal(last?.server, alive, JSON.stringify(refused.at(-1)));
      await Promise.all(desks.map((desk) => isShown(desk, last.summary)));
      const answered = balancer.seen.slice(asked).filter(({ status }) => status !== null);
      assert.deepEqual(answered.filter(({ server }) => server !== alive), [], "asked after the kill, and not answered by the one that lives");
    } finally {
      isOver = true;
      await writer;
    }
    t.diagnostic(`${acknowledged.size} acknowledged, not: ${JSON.stringify(refused)}`);
    // The balancer says 502 for what the dead one had begun; the other may have waited for what it held.
    for (const { status, text } of refused) assert.ok([null, 502, 503].includes(status), `${status} ${text}`);
  });

  await t.test("each acknowledged incident is there once, the log is whole, and the one that lives never stumbled", async () => {
    const all = [];
    let cursor = "";
    do {
      const page = await second.api("GET", `/v1/incidents?state=all&limit=200${cursor}`);
      all.push(...page.items);
      cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : null;
    } while (cursor);
    const wrong = [...acknowledged].filter(([id, summary]) => {
      const found = all.filter((one) => one.id === id || one.summary === summary);
      return found.length !== 1 || found[0].id !== id || found[0].summary !== summary;
    });
    assert.deepEqual(wrong, []);
    assert.ok(acknowledged.size > 2 * SOME);
    assert.equal(new Set(all.map((one) => one.number)).size, all.length, "and each has a number of its own");
    const verdict = await auditor.api("GET", "/v1/oversight/audit/verify");
    assert.equal(verdict.is_intact, true, JSON.stringify(verdict));
    assert.equal(house.servers.filter(({ child }) => child.exitCode === null && child.signalCode === null).length, 1);
    for (const { output } of house.servers) assert.ok(!/panicked/.test(output), output);
    assert.deepEqual(desks.flatMap((desk) => desk.problems), []);
  });
});
