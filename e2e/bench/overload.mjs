// What ten times as many questions as the house can answer do to those who need help:
// node e2e/bench/overload.mjs [TIMES] [ROUNDS], after `make test` or `make run` built all, on a machine that does nothing else.
//
// First as many questions as the house answers are asked (40 connections, each asks again when it was answered) and counted. Then TIMES (10) as many a
// second are begun, whether or not those before were answered, at most 3,000 at once; what is refused (503 http.overloaded, with its time to come back) is counted
// by itself. Meanwhile a crew cries for help, and a dispatcher opens and closes incidents and rings calls in. Printed: medians and tails before and during, their
// ratio, and the rate that this machine could offer: the asker runs beside the house and takes its share of the cores.

import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { openCity } from "../src/city.mjs";
import { House } from "../src/house.mjs";
import { Actor, openBrowser } from "../src/people.mjs";

const times = Number(process.argv[2] ?? 10);
const rounds = Number(process.argv[3] ?? 300);
const CLOSED_CONNECTIONS = 40;
const OPEN_MAX = 3_000;
const MEASURE_MS = 8_000;
const TURN_MS = 10;

/** Its session's key may leave this browser: thousands of proofs a second are more than a page makes. */
const open = (browser) => ({
  async newContext(options) {
    const context = await browser.newContext(options);
    await context.addInitScript(() => {
      const make = crypto.subtle.generateKey.bind(crypto.subtle);
      crypto.subtle.generateKey = (kind, _, uses) => make(kind, true, uses);
    });
    return context;
  },
});

/** Somebody's cookie and key, outside the browser. */
class Signer {
  static async of(actor) {
    const signer = new Signer();
    signer.cookie = (await actor.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const jwk = await actor.page.evaluate(async () => {
      const settled = (asked) => new Promise((done, failed) => {
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
      });
      const database = await settled(indexedDB.open("shouhu-keys", 1));
      const pair = await settled(database.transaction("keys").objectStore("keys").get("session"));
      return crypto.subtle.exportKey("jwk", pair.privateKey);
    });
    signer.key = createPrivateKey({ key: jwk, format: "jwk" });
    signer.nonce = "none";
    return signer;
  }

  prove(method, path, body) {
    const id = randomBytes(16).toString("base64url");
    const hash = body ? createHash("sha256").update(body).digest("base64url") : "-";
    const text = ["shouhu-proof-v1", this.nonce, id, method, path, hash].join("\n");
    const signature = sign("sha256", Buffer.from(text), { key: this.key, dsaEncoding: "ieee-p1363" });
    return [this.nonce, id, hash, signature.toString("base64url")].join(".");
  }
}

/** Signed once more where the nonce had run out: nothing was done by the first try. */
async function call(...asked) {
  const answer = await callOnce(...asked);
  return answer.status === 401 && answer.text.includes("identity.proof_stale") ? callOnce(...asked) : answer;
}

function callOnce(house, signer, method, path, json, agent = false) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const proof = signer.prove(method, path, body);
  return new Promise((done, fail) => {
    const started = performance.now();
    const headers = { cookie: signer.cookie, "shouhu-proof": proof, origin: house.url, "shouhu-purpose": "patrol", "content-type": "application/json" };
    const sent = request(`${house.url}${path}`, { method, headers, agent, timeout: 30_000 }, (answer) => {
      let text = "";
      signer.nonce = answer.headers["shouhu-nonce"] ?? signer.nonce;
      answer.on("data", (bytes) => (text += bytes));
      answer.on("end", () => done({ took_ms: performance.now() - started, status: answer.statusCode, text }));
    });
    sent.on("timeout", () => sent.destroy(new Error("30 s without an answer")));
    sent.on("error", fail);
    sent.end(body);
  });
}

// One detective asks for a thousand: trust is reckoned and told, and refuses nobody.
const trust = join(mkdtempSync(join(tmpdir(), "shouhu-overload-")), "trust.toml");
writeFileSync(trust, "is_enforced = false\n");
const house = await House.open(["--trust-file", trust]);
const browser = await openBrowser();
try {
  const { operator, at } = await openCity(browser, house, "district");
  const officer = await Actor.enrol(open(browser), house, "警員 李", "officer");
  const dispatcher = await Actor.enrol(open(browser), house, "執勤 張", "dispatcher");
  const detective = await Actor.enrol(open(browser), house, "偵查 陳", "detective");
  const unit = await operator.api("POST", "/v1/units", { call_sign: "東區 1", kind: "car" });
  await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
  const [phone, desk, office] = await Promise.all([officer, dispatcher, detective].map((actor) => Signer.of(actor)));
  await browser.close();

  const questions = ["/v1/watchlists/entries?limit=200", "/v1/sightings?plate=ABC1234", "/v1/cameras?limit=200", "/v1/hits", "/v1/map"];
  let asked = 0;
  const ask = (agent) => call(house, office, "GET", questions[asked++ % questions.length], undefined, agent);

  const capacity = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: CLOSED_CONNECTIONS });
    const until = performance.now() + MEASURE_MS;
    let answered = 0;
    const one = async () => {
      while (performance.now() < until) if ((await ask(agent)).status < 500) answered += 1;
    };
    await Promise.all(Array.from({ length: CLOSED_CONNECTIONS }, one));
    agent.destroy();
    return (answered * 1_000) / MEASURE_MS;
  };

  const flood = (rate) => {
    const agent = new Agent({ keepAlive: true, maxSockets: OPEN_MAX });
    const seen = { offered: 0, answered: 0, refused: 0, other: 0, failed: 0, open: 0, keptBack: 0 };
    const began = performance.now();
    const timer = setInterval(() => {
      const due = ((performance.now() - began) * rate) / 1_000;
      while (seen.offered + seen.keptBack < due) {
        if (seen.open >= OPEN_MAX) {
          seen.keptBack += 1;
          continue;
        }
        seen.offered += 1;
        seen.open += 1;
        ask(agent)
          .then(({ status, text }) => {
            if (status < 400) seen.answered += 1;
            else if (status === 503 && text.includes("http.overloaded")) seen.refused += 1;
            else seen.other += 1;
          })
          .catch(() => (seen.failed += 1))
          .finally(() => (seen.open -= 1));
      }
    }, TURN_MS);
    return {
      stop() {
        clearInterval(timer);
        const seconds = (performance.now() - began) / 1_000;
        agent.destroy();
        return { ...seen, offered_per_s: Math.round(seen.offered / seconds) };
      },
    };
  };

  const measure = async (name) => {
    const took = { panic: [], incident: [], close: [] };
    let failed = 0;
    const must = (answer) => {
      if (answer.status >= 400) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
      return { ...answer, json: answer.text ? JSON.parse(answer.text) : null };
    };
    for (let round = 0; round < rounds; round += 1) {
      try {
        const close = { code: "handled", note: "量測" };
        const cry = must(await call(house, phone, "POST", "/v1/units/mine/panic", { position: at(0.5, 0.5), accuracy_m: 8 }));
        took.panic.push(cry.took_ms);
        took.close.push(must(await call(house, desk, "POST", `/v1/incidents/${cry.json.id}/close`, close)).took_ms);
        const reported = { origin: "call", priority: 2, kind: "theft", summary: "量測", address: "", position: at(0.4, 0.5) };
        const opened = must(await call(house, desk, "POST", "/v1/incidents", reported));
        took.incident.push(opened.took_ms);
        took.close.push(must(await call(house, desk, "POST", `/v1/incidents/${opened.json.id}/close`, close)).took_ms);
      } catch (error) {
        failed += 1;
        if (failed <= 3) console.log(`failed: ${error.message}`);
      }
    }
    const p99 = {};
    for (const [what, values] of Object.entries(took)) {
      const sorted = values.sort((a, b) => a - b);
      const share = (part) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
      p99[what] = share(0.99);
      console.log(`${name.padEnd(9)} ${what.padEnd(9)} n ${sorted.length}  p50 ${share(0.5)?.toFixed(1)}  p95 ${share(0.95)?.toFixed(1)}  p99 ${share(0.99)?.toFixed(1)} ms`);
    }
    return { failed, p99 };
  };

  console.log(`${cpus().length} cores, load ${loadavg()[0].toFixed(1)} before: what else runs on the machine is part of each figure`);
  await measure("warm-up");
  const idle = await measure("idle");
  const rate = await capacity();
  console.log(`the house answers ${rate.toFixed(0)} questions a second to ${CLOSED_CONNECTIONS} connections`);
  const overload = flood(rate * times);
  await new Promise((done) => setTimeout(done, 3_000));
  const during = await measure("overload");
  const seen = overload.stop();
  console.log(`offered ${seen.offered_per_s} a second (${(seen.offered_per_s / rate).toFixed(1)} times): ${JSON.stringify(seen)}`);
  for (const what of Object.keys(idle.p99)) console.log(`p99 of ${what}: ${(during.p99[what] / idle.p99[what]).toFixed(2)} times idle`);
  console.log(`${rounds * 2 - idle.failed - during.failed} passed, ${idle.failed + during.failed} failed`);
  process.exitCode = idle.failed + during.failed ? 1 : 0;
} finally {
  await browser.close().catch(() => {});
  await house.close();
}
