// The database's machine loses its power while dispatchers write: what was acknowledged is on the standby, and the server goes on without
// a restart once the address leads there. Two real PostgreSQL clusters with synchronous streaming replication (PostgreSQL 15, 27.2.8).

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Clusters, postgres } from "./clusters.mjs";
import { House, until } from "./house.mjs";
import { Actor, openBrowser } from "./people.mjs";

const skip = postgres() ? false : "PostgreSQL is not installed (make test installs it)";

test("nothing that was acknowledged is lost when the database moves to its standby", { skip, timeout: 240_000 }, async (t) => {
  const clusters = await Clusters.open();
  const house = await House.open(["--store", clusters.url]);
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
    clusters.close();
  });
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const auditor = await Actor.enrol(browser, house, "稽核 周", "auditor");
  const acknowledged = new Map();
  const refused = new Map();
  let number = 0;
  /** Opens one incident; keeps what was acknowledged and counts what was refused by its key. */
  const write = async () => {
    const summary = `第 ${(number += 1)} 件`;
    const body = { origin: "call", priority: 3, kind: "traffic_crash", summary, address: "", position: { lon: 120.2, lat: 23 } };
    const answer = await dispatcher.request("POST", "/v1/incidents", body, { "shouhu-purpose": "dispatch" });
    const json = await answer.json();
    if (answer.ok()) acknowledged.set(json.id, summary);
    else refused.set(json.key, { status: answer.status(), count: (refused.get(json.key)?.count ?? 0) + 1 });
    return answer.ok();
  };
  let isOver = false;
  const writer = async () => {
    while (!isOver) {
      await write();
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  let writers = [];
  const lost = async () => {
    const gone = [];
    for (const [id, summary] of acknowledged) {
      const found = await dispatcher.api("GET", `/v1/incidents/${id}`).catch((error) => ({ summary: error.message }));
      if ((found.incident ?? found).summary !== summary) gone.push(`${summary}: ${found.summary}`);
    }
    return gone;
  };

  await t.test("the leader is killed amid writing, and the house says that its database is away", async () => {
    // The first one makes the page that signs for all of them.
    await write();
    writers = [writer(), writer(), writer()];
    await until("some incidents", () => acknowledged.size > 40);
    const killed_ms = Date.now();
    clusters.kill(0);
    // The address leads to the standby at once, which takes no writing yet: that is away, not a fault of ours.
    await clusters.move(1);
    await until("a refusal", () => refused.size > 0);
    clusters.promote(1);
    const before = acknowledged.size;
    await until("the next incident", () => acknowledged.size > before);
    t.diagnostic(`written again ${Date.now() - killed_ms} ms after the power went, ${before} acknowledged before`);
    await until("many more", () => acknowledged.size > before + 40);
    isOver = true;
    await Promise.all(writers);
    t.diagnostic(`refused meanwhile: ${JSON.stringify([...refused])}`);
    for (const [key, { status }] of refused) {
      assert.equal(status, 503, `${key} while the database was away`);
      // The last one is an answer that was withheld because its leaf could not be written.
      assert.ok(["store.unavailable", "store.busy", "audit.unavailable"].includes(key), key);
    }
  });

  await t.test("every acknowledged incident is there, the log is whole, and nothing had to be restarted", async () => {
    assert.deepEqual(await lost(), []);
    assert.ok(acknowledged.size > 80);
    assert.equal(clusters.query(1, "SELECT pg_is_in_recovery()"), "f");
    const verdict = await auditor.api("GET", "/v1/oversight/audit/verify");
    assert.equal(verdict.is_intact, true, JSON.stringify(verdict));
    assert.equal(house.server.child.exitCode, null);
    assert.ok((await fetch(`${house.url}/healthz`)).ok);
    assert.ok(!/panicked/.test(house.server.output), house.server.output);
  });
});
