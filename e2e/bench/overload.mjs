// What ten times as many questions as the house can answer do to those who need help:
// node e2e/bench/overload.mjs [TIMES] [ROUNDS], after `make run` or `make test` built all and `cargo build --release -p shouhu --example flood` what asks,
// on a machine that does nothing else.
//
// First as many questions as the house answers are asked (40 connections, each asks again when it was answered) and counted. Then TIMES (10) as many a
// second are begun, whether or not those before were answered, on 3,000 connections; what is refused (503 http.overloaded, with its time to come back) is counted
// by itself. Meanwhile a crew cries for help, and a dispatcher opens and closes incidents. Then all again with an asker who hangs up after a tenth of a second and asks on
// another connection: the house keeps whoever heeds no time waiting, and this one will not be kept. Printed: medians and tails before and during, their ratio, and
// the rate that this machine could offer: the asker runs beside the house, and the processor time that it takes is told. Crew and dispatcher go before both
// (niceness, which root may give): their devices are other machines. Of fewer than a hundred values the p99 is the most.

import { spawn } from "node:child_process";
import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { cpus, getPriority, loadavg, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCity } from "../src/city.mjs";
import { House } from "../src/house.mjs";
import { Actor, openBrowser } from "../src/people.mjs";

const times = Number(process.argv[2] ?? 10);
const rounds = Number(process.argv[3] ?? 300);
const CLOSED_CONNECTIONS = 40;
const OPEN_CONNECTIONS = 3_000;
/** Every turn is past: each connection asks again when it was answered. */
const NEVER_WAITS = 1e9;
const MEASURE_S = 8;
const FLOOD_S_MAX = 600;
const PATIENT_S = 30;
const IMPATIENT_S = 0.1;
/** Niceness of what asks for help here. */
const OTHER_MACHINE = -15;
const SETTLE_MS = 3_000;
const FLOOD = fileURLToPath(new URL("../../target/release/examples/flood", import.meta.url));

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
    signer.pkcs8 = await actor.page.evaluate(async () => {
      const settled = (asked) => new Promise((done, failed) => {
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
      });
      const database = await settled(indexedDB.open("shouhu-keys", 1));
      const pair = await settled(database.transaction("keys").objectStore("keys").get("session"));
      const bytes = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
      return btoa(String.fromCharCode(...bytes));
    });
    signer.key = createPrivateKey({ key: Buffer.from(signer.pkcs8, "base64"), format: "der", type: "pkcs8" });
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

function callOnce(house, signer, method, path, json) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const proof = signer.prove(method, path, body);
  return new Promise((done, fail) => {
    const started = performance.now();
    const headers = { cookie: signer.cookie, "shouhu-proof": proof, origin: house.url, "shouhu-purpose": "patrol", "content-type": "application/json" };
    const sent = request(`${house.url}${path}`, { method, headers, agent: false, timeout: 30_000 }, (answer) => {
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
  const told = `${JSON.stringify({ cookie: office.cookie, pkcs8: office.pkcs8, paths: questions })}\n`;

  /** Asks RATE questions a second on so many connections, for so long or until it is stopped; gives what came of it. */
  const flood = (rate, connections, seconds, patience_s) => {
    const asker = spawn(FLOOD, [house.url, rate, connections, seconds, patience_s].map(String), { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    asker.stdout.on("data", (bytes) => (text += bytes));
    asker.stdin.write(told);
    const ended = new Promise((done, fail) => {
      asker.on("error", fail);
      asker.on("close", (code) => (code === 0 ? done(JSON.parse(text)) : fail(new Error(`${FLOOD} ended with ${code}`))));
    });
    return {
      ended,
      stop() {
        asker.stdin.end();
        return ended;
      },
    };
  };

  /** The phone and the desk are machines of their own: what they do must not wait for the asker's turn on these processors. Needs root; told otherwise. */
  const asOtherMachine = (work) => {
    const before = getPriority();
    try {
      setPriority(OTHER_MACHINE);
    } catch (error) {
      console.log(`asked with no precedence over the flood: ${error.message}`);
    }
    return work().finally(() => setPriority(before));
  };

  const measure = (name) => asOtherMachine(() => measured(name));

  const measured = async (name) => {
    const took = { panic: [], incident: [], close: [] };
    let failed = 0;
    const must = (answer) => {
      if (answer.status >= 400) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
      return { ...answer, json: answer.text ? JSON.parse(answer.text) : null };
    };
    for (let round = 0; round < rounds; round += 1) {
      try {
        const close = { code: "handled", note: "量測", without_unit: "by_telephone" };
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
  const able = await flood(NEVER_WAITS, CLOSED_CONNECTIONS, MEASURE_S, PATIENT_S).ended;
  const rate = able.answered / able.seconds;
  console.log(`the house answers ${rate.toFixed(0)} questions a second to ${CLOSED_CONNECTIONS} connections: ${JSON.stringify(able)}`);
  let failed = idle.failed;
  for (const [name, patience_s] of [["overload", PATIENT_S], ["impatient", IMPATIENT_S]]) {
    const overload = flood(Math.round(rate * times), OPEN_CONNECTIONS, FLOOD_S_MAX, patience_s);
    await new Promise((done) => setTimeout(done, SETTLE_MS));
    const during = await measure(name);
    const seen = await overload.stop();
    console.log(`offered ${seen.offered_per_s.toFixed(0)} a second (${(seen.offered_per_s / rate).toFixed(1)} times): ${JSON.stringify(seen)}`);
    console.log(`answered ${(seen.answered / seen.seconds).toFixed(0)} a second, ${((seen.answered / seen.seconds / rate) * 100).toFixed(0)} % of what it can`);
    for (const what of Object.keys(idle.p99)) console.log(`p99 of ${what}: ${(during.p99[what] / idle.p99[what]).toFixed(2)} times idle`);
    failed += during.failed;
  }
  console.log(`${rounds * 3 - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
} finally {
  await browser.close().catch(() => {});
  await house.close();
}
