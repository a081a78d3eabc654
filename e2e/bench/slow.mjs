// What slow senders do to those who need help: node e2e/bench/slow.mjs [SLOW] [ROUNDS], after `make test` or `make run` built all.
//
// SLOW connections (5,000) begin a request and send one byte of a header every two seconds, opened anew as fast as the server ends them.
// Meanwhile a crew cries for help, a dispatcher opens and closes incidents, each over a connection of its own. Printed: medians and tails
// before and during, and how many failed. The house's own limit is 4,096 connections; only loopback is ever called, for a bounded time.

import { request } from "node:http";
import { connect } from "node:net";
import { openCity } from "../src/city.mjs";
import { House } from "../src/house.mjs";
import { Actor, openBrowser } from "../src/people.mjs";

const slow = Number(process.argv[2] ?? 5_000);
const rounds = Number(process.argv[3] ?? 100);
const DRIP_MS = 2_000;

/** One call over a new connection; its time in milliseconds without that of signing it, and its answer. */
async function call(house, { actor, cookie }, method, path, body) {
  const proof = await actor.freshProof(method, path, JSON.stringify(body));
  return new Promise((done, fail) => {
    const started = performance.now();
    const headers = { cookie, "shouhu-proof": proof, origin: house.url, "shouhu-purpose": "patrol", "content-type": "application/json" };
    const sent = request(`${house.url}${path}`, { method, headers, agent: false, timeout: 20_000 }, (answer) => {
      let text = "";
      answer.on("data", (bytes) => (text += bytes));
      answer.on("end", () => {
        if (answer.statusCode >= 400) fail(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        else done({ took_ms: performance.now() - started, json: text ? JSON.parse(text) : null });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("20 s without an answer")));
    sent.on("error", fail);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

class Flood {
  constructor(port, count) {
    this.port = port;
    this.ended = 0;
    this.isOver = false;
    this.sockets = new Set();
    for (let i = 0; i < count; i += 1) this.open();
    this.timer = setInterval(() => {
      for (const socket of this.sockets) socket.write("x");
    }, DRIP_MS);
  }

  open() {
    if (this.isOver) return;
    const socket = connect(this.port, "127.0.0.1", () => socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: "));
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      this.sockets.delete(socket);
      this.ended += 1;
      // Not at once: an attacker's machine has limits too, and this one serves both.
      setTimeout(() => this.open(), 250);
    });
  }

  stop() {
    this.isOver = true;
    clearInterval(this.timer);
    for (const socket of this.sockets) socket.destroy();
  }
}

const house = await House.open();
const browser = await openBrowser();
try {
  const { operator, at } = await openCity(browser, house, "district");
  const officer = await Actor.enrol(browser, house, "警員 李", "officer");
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const unit = await operator.api("POST", "/v1/units", { call_sign: "東區 1", kind: "car" });
  await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
  const cookie = async (actor) => (await actor.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const [phone, desk] = await Promise.all([officer, dispatcher].map(async (actor) => ({ actor, cookie: await cookie(actor) })));
  // Only their keys are needed now.
  for (const actor of [operator, officer, dispatcher]) await actor.page.goto("about:blank");

  const measure = async (name) => {
    const took = { panic: [], incident: [], close: [] };
    let failed = 0;
    for (let round = 0; round < rounds; round += 1) {
      try {
        const cry = await call(house, phone, "POST", "/v1/units/mine/panic", { position: at(0.5, 0.5), accuracy_m: 8 });
        took.panic.push(cry.took_ms);
        const close = { code: "handled", note: "量測", without_unit: "by_telephone" };
        took.close.push((await call(house, desk, "POST", `/v1/incidents/${cry.json.id}/close`, close)).took_ms);
        const call_110 = { origin: "call", priority: 2, kind: "theft", summary: "量測", address: "", position: at(0.4, 0.5) };
        const opened = await call(house, desk, "POST", "/v1/incidents", call_110);
        took.incident.push(opened.took_ms);
        took.close.push((await call(house, desk, "POST", `/v1/incidents/${opened.json.id}/close`, close)).took_ms);
      } catch (error) {
        failed += 1;
        if (failed <= 3) console.log(`failed: ${error.message}`);
      }
    }
    for (const [what, values] of Object.entries(took)) {
      const sorted = values.sort((a, b) => a - b);
      const share = (part) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)]?.toFixed(1);
      console.log(`${name.padEnd(8)} ${what.padEnd(9)} n ${sorted.length}  p50 ${share(0.5)}  p95 ${share(0.95)}  p99 ${share(0.99)} ms`);
    }
    return failed;
  };

  await measure("warm-up");
  const before = await measure("idle");
  const flood = new Flood(house.port, slow);
  await new Promise((done) => setTimeout(done, 5_000));
  const during = await measure("slow");
  console.log(`${flood.sockets.size} slow connections open, ${flood.ended} were ended by the server`);
  flood.stop();
  console.log(`${rounds * 2 - before - during} passed, ${before + during} failed`);
  process.exitCode = before + during ? 1 : 0;
} finally {
  await browser.close().catch(() => {});
  await house.close();
}
