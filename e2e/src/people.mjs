// People with real browsers and virtual authenticators.

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { artefacts, until } from "./house.mjs";

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
/** The house takes a nonce for a minute at least after it told it. */
const NONCE_FRESH_MS = 30_000;
/** As web/src/app/api/client.ts: of several servers that have just started one may tell a nonce that another, started later, does not take. */
const TRIES_MAX = 4;

/** `extra` switches: a camera of our own, say. `handleSIGINT`: the driver ends the whole process at once; false where we end it ourselves. */
export async function openBrowser(extra = [], { handleSIGINT = true } = {}) {
  mkdirSync(artefacts, { recursive: true });
  return chromium.launch({
    handleSIGINT,
    executablePath: process.env.SHOUHU_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", ...extra],
  });
}

/** Runs in the browser: the key cannot leave it. As web/src/app/api/proof.ts does it. */
async function signed({ method, path, hash, nonce }) {
  const settled = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const utf8 = new TextEncoder();
  const database = await settled(indexedDB.open("shouhu-keys", 1));
  const pair = await settled(database.transaction("keys").objectStore("keys").get("session"));
  database.close();
  const url = new URL(path, location.origin);
  const id = text(crypto.getRandomValues(new Uint8Array(16)));
  const what = ["shouhu-proof-v1", nonce, id, method, url.pathname + url.search, hash].join("\n");
  return [nonce, id, hash, text(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, utf8.encode(what)))].join(".");
}

/** Somebody who opens the one-time link and makes a passkey in the page. */
export class Actor {
  static async enrol(browser, house, name, role, { viewport = DESK, geolocation, isMobile = false } = {}) {
    const actor = new Actor();
    actor.name = name;
    actor.house = house;
    actor.context = await browser.newContext({
      viewport,
      locale: "zh-TW",
      timezoneId: "Asia/Taipei",
      colorScheme: "dark",
      isMobile,
      hasTouch: isMobile,
      ...(geolocation ? { geolocation, permissions: ["geolocation"] } : {}),
    });
    actor.page = await actor.context.newPage();
    actor.problems = [];
    actor.page.on("pageerror", (error) => actor.problems.push(String(error)));
    const cdp = await actor.context.newCDPSession(actor.page);
    await cdp.send("WebAuthn.enable");
    await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await actor.page.goto(house.invite(name, role));
    await actor.page.getByTestId("enrol-button").click();
    await actor.page.getByTestId("account-menu").waitFor().catch((error) => actor.explain(error));
    return actor;
  }

  /** A failure with what the page showed. */
  async explain(error) {
    await this.page.screenshot({ path: join(artefacts, "e2e-failure.png") });
    const text = await this.page.locator("body").innerText();
    throw new Error(`${error.message}\n${this.name} saw: ${text.slice(0, 600)}\nproblems: ${this.problems.join("; ")}\nserver: ${this.house.programs[0].output.slice(-1500)}`);
  }

  async goto(path) {
    await this.page.goto(`${this.house.url}${path}`);
  }

  /** A proof by the key that this person's browser keeps, for one request. It is made in a page of its own: the other may be on its way elsewhere. */
  async prove(method, path, body = "") {
    if (!this.signer) {
      this.signer = await this.context.newPage();
      await this.signer.goto(`${this.house.url}/icon.svg`);
    }
    const hash = body.length ? createHash("sha256").update(body).digest("base64url") : "-";
    return this.signer.evaluate(signed, { method, path, hash, nonce: this.nonce ?? "none" });
  }

  /** As `prove`, with a nonce that the house takes for half a minute more, for what is sent without us. */
  async freshProof(method, path, body = "") {
    if (!(Date.now() - this.heard_at < NONCE_FRESH_MS)) await this.request("GET", "/v1/identity/me");
    return this.prove(method, path, body);
  }

  /** A request with this person's session and key; signed again when the nonce has run out. */
  async request(method, path, data, headers = {}) {
    const isRaw = typeof data === "string" || Buffer.isBuffer(data);
    const body = data === undefined || data === null ? "" : isRaw ? data : JSON.stringify(data);
    const type = isRaw ? "application/octet-stream" : "application/json";
    for (let tries = 1; ; tries += 1) {
      const response = await this.context.request.fetch(`${this.house.url}${path}`, {
        method,
        ...(body.length ? { data: Buffer.from(body) } : {}),
        headers: {
          origin: this.house.url,
          ...(body.length ? { "content-type": type } : {}),
          "shouhu-proof": await this.prove(method, path, body),
          ...headers,
        },
      });
      this.nonce = response.headers()["shouhu-nonce"] ?? this.nonce;
      this.heard_at = Date.now();
      const isStale = response.status() === 401 && (await response.text()).includes("identity.proof_stale");
      if (!isStale || tries === TRIES_MAX) return response;
    }
  }

  /** The API with this person's session, for what no page is the point of. */
  async api(method, path, data, headers = {}) {
    const response = await this.request(method, path, data, { "shouhu-purpose": "patrol", ...headers });
    const text = await response.text();
    if (!response.ok()) throw new Error(`${method} ${path} as ${this.name}: ${response.status()} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Keeps what the page looks like on a desk and on a phone. */
  async shot(name, sizes = [DESK, PHONE]) {
    const before = this.page.viewportSize();
    for (const size of sizes) {
      await this.page.setViewportSize(size);
      await this.page.waitForLoadState("networkidle", { timeout: 3_000 }).catch(() => {});
      await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await this.page.screenshot({ path: join(artefacts, `e2e-${name}-${size.width}.png`) });
    }
    await this.page.setViewportSize(before);
  }
}

/** Waits until nothing fades in any more: colours that are half way are nobody's contrast. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const moving = document.getAnimations().some((one) => one.playState === "running" && one.effect?.getComputedTiming().iterations !== Infinity);
    const isWhole = (dialog) => {
      for (let part = dialog; part; part = part.parentElement) if (getComputedStyle(part).opacity !== "1") return false;
      return true;
    };
    return !moving && [...document.querySelectorAll('[role="dialog"]')].every(isWhole);
  });
}

/** Waits until nothing of the page hangs over its edge. */
export const fits = (page) => until("the page to fit", () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 5_000);
