// How long a cry for help takes to each console's map: node e2e/bench/panic.mjs [CRIES] [CONSOLES] [REST_MS], after `make test` or `make run` built all.
//
// Real server, real Chromium on this machine: two pages with a map (the command centre, and the streets that were covered), and further
// consoles as bare event streams. Measured from before the crew's request is sent to the mark that stands on the map. Software
// rendering: a console with a graphics card draws sooner. REST_MS (3,000) lies between the end of one cry and the next; with 0 each cry
// meets maps that still draw, in software, how the one before ended. One line of figures for each, and all values in JSON at the end. Ctrl-C ends it
// with the figures so far: it reaches the server too, so that the cry that is under way is not counted whole.

import { cpus, loadavg } from "node:os";
import { openCity } from "../src/city.mjs";
import { House, until } from "../src/house.mjs";
import { Actor, openBrowser } from "../src/people.mjs";

const cries = Number(process.argv[2] ?? 30);
const streams = Number(process.argv[3] ?? 8);
const rest_ms = Number(process.argv[4] ?? 3_000);

/** Remembers when a page shows a cry for help on its map and in its bar. */
const watch = () => {
  globalThis.seen = {};
  const look = () => {
    const now = Date.now();
    if (document.querySelector(".panic-sign")) globalThis.seen.map ??= now;
    if (document.querySelector('[data-testid="panic-row"]')) globalThis.seen.bar ??= now;
  };
  globalThis.watching?.disconnect();
  globalThis.watching = new MutationObserver(look);
  globalThis.watching.observe(document.body, { subtree: true, childList: true });
};

/** Calls `heard` for each event of the house that names a panic. */
async function listen(house, actor, cookie, heard) {
  const proof = await actor.freshProof("GET", "/v1/events");
  const answer = await fetch(`${house.url}/v1/events`, { headers: { cookie, "shouhu-proof": proof } });
  if (!answer.ok) throw new Error(`stream: ${answer.status}`);
  const text = new TextDecoder();
  (async () => {
    for await (const bytes of answer.body) if (/panic_changed/.test(text.decode(bytes, { stream: true }))) heard(Date.now());
  })().catch(() => {});
}

const figures = (name, values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
  console.log(`${name.padEnd(34)} n ${sorted.length}  p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  p99 ${at(0.99)} ms  most ${sorted.at(-1)} ms`);
};

let isStopped = false;
process.on("SIGINT", () => {
  isStopped = true;
});

const house = await House.open();
const browser = await openBrowser([], { handleSIGINT: false });
try {
  const { operator, at } = await openCity(browser, house, "district");
  const officer = await Actor.enrol(browser, house, "警員 李", "officer");
  const dispatcher = await Actor.enrol(browser, house, "執勤 張", "dispatcher");
  const supervisor = await Actor.enrol(browser, house, "督導 陳", "supervisor");
  const unit = await operator.api("POST", "/v1/units", { call_sign: "東區 1", kind: "car" });
  await officer.api("POST", "/v1/units/mine/join", { unit: unit.id });
  await officer.goto("/account");

  const consoles = { "command centre": dispatcher, "streets covered": supervisor };
  await dispatcher.goto("/command");
  await supervisor.goto("/streets");
  for (const [name, { page }] of Object.entries(consoles)) {
    await page.locator(".maplibregl-canvas").first().waitFor();
    await until(`${name}: the stream`, async () => (await page.getByTestId("link-state").getAttribute("data-state")) === "live");
  }
  const cookie = (await dispatcher.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  let heard = [];
  for (let i = 0; i < streams; i += 1) await listen(house, dispatcher, cookie, (at_ms) => heard.push(at_ms));

  const took = { answer: [], stream: [] };
  const cry = async () => {
    heard = [];
    for (const { page } of Object.values(consoles)) await page.evaluate(watch);
    const cried_ms = Date.now();
    const incident = await officer.api("POST", "/v1/units/mine/panic", { position: at(0.3 + 0.4 * Math.random(), 0.5), accuracy_m: 8 });
    took.answer.push(Date.now() - cried_ms);
    for (const [name, { page }] of Object.entries(consoles)) {
      await page.waitForFunction(() => globalThis.seen.map && globalThis.seen.bar, undefined, { timeout: 30_000 });
      const seen = await page.evaluate(() => globalThis.seen);
      for (const part of ["map", "bar"]) (took[`${name}, ${part}`] ??= []).push(seen[part] - cried_ms);
    }
    await until("every stream to tell it", async () => heard.length >= streams);
    took.stream.push(...heard.map((at_ms) => at_ms - cried_ms));
    await dispatcher.api("POST", `/v1/incidents/${incident.id}/close`, { code: "handled", note: "量測" });
    for (const { page } of Object.values(consoles)) await page.locator(".panic-sign").waitFor({ state: "detached" });
  };
  let cried = 0;
  try {
    for (; cried < cries && !isStopped; cried += 1) {
      await cry();
      await new Promise((done) => setTimeout(done, rest_ms));
    }
  } catch (error) {
    if (!isStopped) throw error;
  }
  if (took.stream.length < cried * streams) throw new Error(`${took.stream.length} of ${cried * streams} cries reached the streams`);
  console.log(`${cried} cries, ${Object.keys(consoles).length} pages with a map, ${streams} streams, ${rest_ms} ms between two cries`);
  for (const [name, values] of Object.entries(took)) figures(name, values);
  const [busy] = loadavg();
  console.log(`${cpus().length} cores, load ${busy.toFixed(1)} at the end: what else runs on the machine is part of each figure`);
  console.log(JSON.stringify(took));
} finally {
  await browser.close();
  await house.close();
}
