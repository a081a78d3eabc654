// Signing in by an identity provider's word: the pages of a real server, and a provider that this file makes up. What of its words is refused is the matter of
// apps/shouhu/tests/house/oidc.rs.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { noCity } from "./city.mjs";
import { seriousFaults } from "./faults.mjs";
import { House } from "./house.mjs";
import { Actor, fits, openBrowser } from "./people.mjs";

const CLIENT = "shouhu";
const SUBJECT = "P-1";
const base64url = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Takes whoever presses its one button for P-1. */
class Provider {
  codes = new Map();
  keys = generateKeyPairSync("ec", { namedCurve: "P-256" });

  static async open() {
    const provider = new Provider();
    provider.server = createServer((request, response) => provider.answer(request, response));
    await new Promise((done) => provider.server.listen(0, "127.0.0.1", done));
    provider.issuer = `http://127.0.0.1:${provider.server.address().port}`;
    return provider;
  }

  async answer(request, response) {
    const url = new URL(request.url, this.issuer);
    const says = (status, body, media = "application/json") => {
      response.writeHead(status, { "content-type": media, connection: "close" });
      response.end(media === "application/json" ? JSON.stringify(body) : body);
    };
    if (url.pathname === "/authorize") return says(200, this.page(url.searchParams), "text/html; charset=utf-8");
    if (url.pathname === "/token") return says(...this.token(new URLSearchParams(await text(request))));
    if (url.pathname === "/keys") return says(200, { keys: [{ ...this.keys.publicKey.export({ format: "jwk" }), kid: "k-1", use: "sig" }] });
    return says(200, {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      response_types_supported: ["code"],
      authorization_response_iss_parameter_supported: true,
    });
  }

  page(asked) {
    const code = randomBytes(16).toString("base64url");
    this.codes.set(code, asked);
    const back = new URL(asked.get("redirect_uri"));
    for (const [name, value] of [["code", code], ["state", asked.get("state")], ["iss", this.issuer]]) back.searchParams.set(name, value);
    return `<!doctype html><a id="yes" href="${back.href.replaceAll("&", "&amp;")}">${SUBJECT}</a>`;
  }

  token(form) {
    const asked = this.codes.get(form.get("code"));
    this.codes.delete(form.get("code"));
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (asked?.get("code_challenge") !== challenge) return [400, { error: "invalid_grant" }];
    const now_s = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, sub: SUBJECT, aud: CLIENT, nonce: asked.get("nonce"), iat: now_s, exp: now_s + 300, auth_time: now_s };
    const message = `${base64url({ alg: "ES256", kid: "k-1" })}.${base64url(claims)}`;
    const signature = sign("sha256", Buffer.from(message), { key: this.keys.privateKey, dsaEncoding: "ieee-p1363" });
    return [200, { id_token: `${message}.${signature.toString("base64url")}`, access_token: "of no use", token_type: "Bearer" }];
  }

  close() {
    return new Promise((done) => this.server.close(done));
  }
}

async function text(request) {
  let all = "";
  for await (const part of request) all += part;
  return all;
}

test("an operator links whose word is whose, and a person signs in by it and by the passkey", { skip: noCity(), timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "shouhu-provider-"));
  const provider = await Provider.open();
  const file = join(folder, "oidc.toml");
  writeFileSync(file, `[[provider]]\nname = "gov"\ntitle = "政府身分認證"\nissuer = "${provider.issuer}"\nclient_id = "${CLIENT}"\nclient_secret = "hidden"\n`);
  Object.assign(process.env, { SHOUHU_OIDC_FILE: file, SHOUHU_OUTGOING_PROVIDERS: "private" });
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const detective = await Actor.enrol(browser, house, "偵查 王", "detective");
  const { page } = detective;
  const failed = (error) => detective.explain(error);
  const leave = async () => {
    await detective.context.clearCookies();
    await detective.goto("/sign-in");
    await page.getByTestId("provider-gov").waitFor().catch(failed);
  };
  const byProvider = async () => {
    await page.getByTestId("provider-gov").click();
    await page.locator("#yes").click().catch(failed);
  };

  await t.test("a word that nobody has linked opens nothing and says what to do", async () => {
    await leave();
    assert.equal(await page.getByTestId("provider-gov").innerText(), "以政府身分認證登入");
    assert.deepEqual(await seriousFaults(page), []);
    await detective.shot("provider-sign-in");
    await byProvider();
    await page.locator(".failure").waitFor().catch(failed);
    assert.match(await page.locator(".failure").innerText(), /連結/);
    assert.equal(new URL(page.url()).search, "", "no code stays in the address");
    await fits(page);
    await detective.shot("provider-stranger");
  });

  await t.test("an operator links it to an account", async () => {
    const desk = operator.page;
    const failed = (error) => operator.explain(error);
    const choose = async (field, option) => {
      await desk.getByTestId(field).click();
      await desk.getByRole("option", { name: option }).click();
    };
    await operator.goto("/operate?tab=people");
    await desk.getByTestId("provider-link-person").waitFor().catch(failed);
    await choose("provider-link-person", "偵查 王");
    await choose("provider-link-provider", "政府身分認證");
    await desk.getByTestId("provider-link-subject").fill(SUBJECT);
    await desk.getByTestId("provider-link-submit").click();
    await desk.getByTestId("provider-link").filter({ hasText: `政府身分認證 · ${SUBJECT}` }).waitFor().catch(failed);
    assert.deepEqual(await seriousFaults(desk), []);
    await operator.shot("provider-links");
  });

  await t.test("the person signs in by it, and the passkey is asked for before a question about a plate", async () => {
    await leave();
    await byProvider();
    await page.getByTestId("account-menu").waitFor().catch(failed);
    await detective.goto("/investigate?plate=ABC-1234");
    await page.getByTestId("search-case").fill("115-1121-0041");
    await page.getByTestId("search-submit").click();
    await page.getByTestId("step-up-yes").waitFor().catch(failed);
    await detective.shot("provider-step-up");
    await page.getByTestId("step-up-yes").click();
    await page.getByTestId("answer-history").waitFor().catch(failed);
  });

  await t.test("an address that this tab has not asked for is not believed", async () => {
    const other = await detective.context.newPage();
    await other.goto(`${house.url}/sign-in/provider?code=stolen&state=x&iss=${encodeURIComponent(provider.issuer)}`);
    await other.getByText("不採信這個網址").waitFor().catch(failed);
    assert.equal(new URL(other.url()).search, "");
    await other.close();
  });

  await t.test("a link that is taken away ends the session that it has begun", async () => {
    const link = operator.page.getByTestId("provider-link");
    await link.getByRole("button", { name: "解除連結" }).click();
    await link.getByRole("button", { name: "確定解除並結束其登入" }).click();
    await operator.page.getByText("此人員尚未連結任何身分提供者").waitFor().catch((error) => operator.explain(error));
    const answer = await detective.request("GET", "/v1/identity/me");
    assert.equal(answer.status(), 401);
  });

  await t.test("a provider that is away keeps nobody out who has a passkey", async () => {
    await provider.close();
    await leave();
    await page.getByTestId("sign-in-button").click();
    await page.getByTestId("account-menu").waitFor().catch(failed);
    assert.deepEqual(detective.problems, []);
  });
});
