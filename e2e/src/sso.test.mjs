// Signing in to a tool of the force: the pages of a real server, and a tool that this file makes up, which checks what it is told by itself. What is refused on the way is the matter
// of apps/shouhu/tests/house/sso.rs.

import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { noCity } from "./city.mjs";
import { seriousFaults } from "./faults.mjs";
import { House, until } from "./house.mjs";
import { Actor, fits, openBrowser } from "./people.mjs";

const ID = "dashboards";
const SECRET = randomBytes(32).toString("base64url");
const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";
const random = () => randomBytes(32).toString("base64url");
const sha256 = (text) => createHash("sha256").update(text);
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

async function text(request) {
  let all = "";
  for await (const part of request) all += part;
  return all;
}

/** A relying party of a hundred lines: `/login` sends the browser away, `/form` does so by a form, `/back` takes it in, `/out` hears who has left. */
class Tool {
  /** What it has asked, by state. */
  asked = new Map();
  left = [];
  token = null;

  static async open() {
    const tool = new Tool();
    tool.server = createServer((request, response) => {
      tool.answer(request).then(
        ([status, headers, body = ""]) => response.writeHead(status, { connection: "close", ...headers }).end(body),
        (error) => response.writeHead(500, { connection: "close" }).end(`<p id="who">${escaped(String(error))}</p>`),
      );
    });
    await new Promise((done) => tool.server.listen(0, "127.0.0.1", done));
    tool.url = `http://127.0.0.1:${tool.server.address().port}`;
    return tool;
  }

  get entry() {
    return `[[client]]
id = "${ID}"
title_zh = "勤務儀表板"
title_en = "Duty dashboards"
redirect_uris = ["${this.url}/back"]
secret_sha256 = "${sha256(SECRET).digest("hex")}"
roles = ["detective", "supervisor"]
claims = ["name", "role"]
backchannel_logout_uri = "${this.url}/out"
`;
  }

  async find(issuer) {
    this.said = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
    assert.equal(this.said.issuer, issuer);
    this.keys = (await (await fetch(this.said.jwks_uri)).json()).keys;
  }

  async answer(request) {
    const url = new URL(request.url, this.url);
    const page = (said) => [200, { "content-type": "text/html; charset=utf-8" }, `<!doctype html><p id="who">${escaped(said)}</p>`];
    if (url.pathname === "/login") return [302, { location: this.away(url.searchParams) }];
    if (url.pathname === "/form") return this.form(url.searchParams);
    if (url.pathname === "/back") return page(await this.back(url.searchParams));
    if (url.pathname === "/out") {
      this.left.push(this.opened(new URLSearchParams(await text(request)).get("logout_token"), "logout+jwt"));
      return [200, {}];
    }
    return [404, {}];
  }

  away(more) {
    const [state, nonce, verifier] = [random(), random(), random()];
    this.asked.set(state, { nonce, verifier });
    const to = new URL(this.said.authorization_endpoint);
    const asks = {
      response_type: "code",
      scope: "openid",
      client_id: ID,
      redirect_uri: `${this.url}/back`,
      state,
      nonce,
      code_challenge: sha256(verifier).digest("base64url"),
      code_challenge_method: "S256",
      ...Object.fromEntries(more),
    };
    for (const [name, value] of Object.entries(asks)) to.searchParams.set(name, value);
    return to.href;
  }

  form(more) {
    const to = new URL(this.away(more));
    const fields = [...to.searchParams].map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`);
    const form = `<form method="post" action="${escaped(to.origin + to.pathname)}">${fields.join("")}<button id="go">go</button></form>`;
    return [200, { "content-type": "text/html; charset=utf-8" }, `<!doctype html>${form}`];
  }

  async back(said) {
    const asked = this.asked.get(said.get("state"));
    this.asked.delete(said.get("state"));
    if (!asked || said.get("iss") !== this.said.issuer) return "no answer to what was asked";
    if (said.get("error")) return said.get("error");
    const response = await fetch(this.said.token_endpoint, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${ID}:${SECRET}`).toString("base64")}` },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: said.get("code"),
        redirect_uri: `${this.url}/back`,
        code_verifier: asked.verifier,
      }),
    });
    const given = await response.json();
    if (!response.ok) return given.error;
    const who = this.opened(given.id_token, "JWT");
    assert.equal(who.nonce, asked.nonce);
    this.token = given.access_token;
    this.who = who;
    return `${who.name} (${who.role})`;
  }

  /** The claims of a token that the house has signed for this tool. */
  opened(token, typ) {
    const [header, claims, signature] = token.split(".");
    const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
    const { alg, kid, typ: said } = read(header);
    assert.deepEqual([alg, said], ["ES256", typ]);
    const key = createPublicKey({ key: this.keys.find((one) => one.kid === kid), format: "jwk" });
    const message = Buffer.from(`${header}.${claims}`);
    assert.ok(verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")), "signed by the house");
    const told = read(claims);
    assert.deepEqual([told.iss, told.aud], [this.said.issuer, ID]);
    assert.ok(told.exp > Date.now() / 1000, "in time");
    return told;
  }

  async userinfo() {
    const response = await fetch(this.said.userinfo_endpoint, { headers: { authorization: `Bearer ${this.token}` } });
    return [response.status, await response.json()];
  }

  close() {
    return new Promise((done) => this.server.close(done));
  }
}

test("a person signs in to a tool of the force by the house's word, and is out of it when the session ends", { skip: noCity(), timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "shouhu-sso-"));
  const tool = await Tool.open();
  const file = join(folder, "sso.toml");
  writeFileSync(file, tool.entry);
  Object.assign(process.env, { SHOUHU_SSO_FILE: file, SHOUHU_OUTGOING_TOOLS: "127.0.0.0/8" });
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
    await tool.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await tool.find(house.url);
  const detective = await Actor.enrol(browser, house, "偵查 王", "detective");
  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const { page } = detective;
  const failed = (error) => detective.explain(error);
  const said = async (actor = detective) => {
    await actor.page.locator("#who").waitFor().catch((error) => actor.explain(error));
    return actor.page.locator("#who").innerText();
  };

  await t.test("who is not signed in signs in first, and a tool that wants no page is told so", async () => {
    await detective.context.clearCookies();
    await page.goto(`${tool.url}/login?prompt=none`);
    assert.equal(await said(), "login_required");
    await page.goto(`${tool.url}/login`);
    await page.getByTestId("sign-in-button").click().catch(failed);
    await page.getByTestId("sso-yes").waitFor().catch(failed);
  });

  await t.test("the person reads which tool it is and what it learns, and says yes by keyboard", async () => {
    const shown = await page.locator(".doorway-card").innerText();
    for (const words of ["登入「勤務儀表板」", "127.0.0.1", "偵查 王", "您的姓名", "您的角色", "專屬於這個工具的代號"]) assert.ok(shown.includes(words), `${words} in ${shown}`);
    assert.ok(!shown.includes("服務單位"), "and what it does not learn");
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await detective.shot("sso-confirm");
    await page.getByTestId("sso-yes").focus();
    await page.keyboard.press("Enter");
    assert.equal(await said(), "偵查 王 (detective)");
    assert.deepEqual([tool.who.acr, tool.who.amr], ["phr", ["pop", "user", "mfa"]]);
    const [status, told] = await tool.userinfo();
    assert.deepEqual([status, told], [200, { sub: tool.who.sub, name: "偵查 王", role: "detective" }]);
  });

  await t.test("nobody is asked twice in a session, with or without a page", async () => {
    for (const how of ["", "?prompt=none"]) {
      await page.goto(`${tool.url}/login${how}`);
      assert.equal(await said(), "偵查 王 (detective)");
    }
  });

  await t.test("a tool may bring its request as a form, and the page asks as ever", async () => {
    await page.goto(`${tool.url}/form`);
    await page.locator("#go").click();
    assert.equal(await said(), "偵查 王 (detective)");
    await page.goto(`${tool.url}/form?prompt=consent`);
    await page.locator("#go").click();
    await page.getByTestId("sso-no").click().catch(failed);
    assert.equal(await said(), "access_denied");
  });

  await t.test("the person sees the tool in the menu of the account, takes the yes back, and is asked anew", async () => {
    await page.goto(`${house.url}/`);
    await page.getByTestId("account-menu").click().catch(failed);
    await page.getByTestId("my-tools").click().catch(failed);
    await page.getByTestId("my-tool").waitFor().catch(failed);
    const shown = await page.getByTestId("my-tool").innerText();
    for (const words of ["勤務儀表板", "您的姓名", "您的角色", "專屬於這個工具的代號"]) assert.ok(shown.includes(words), `${words} in ${shown}`);
    assert.deepEqual(await seriousFaults(page), []);
    await fits(page);
    await detective.shot("sso-mine");
    const before = tool.who;
    await page.getByTestId("my-tool-end").focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("my-tool").waitFor({ state: "detached" }).catch(failed);
    await page.getByTestId("my-tool-gone").getByText("勤務儀表板").waitFor().catch(failed);
    assert.deepEqual(await seriousFaults(page), []);
    await detective.shot("sso-mine-none");
    assert.equal((await tool.userinfo())[0], 401);
    const [left] = await until("the tool to be told", () => (tool.left.length > 0 ? tool.left : null), 10_000);
    assert.deepEqual([left.sub, left.sid], [before.sub, before.sid]);
    tool.left = [];
    await page.goto(`${tool.url}/login`);
    await page.getByTestId("sso-yes").click().catch(failed);
    assert.equal(await said(), "偵查 王 (detective)");
    assert.notEqual(tool.who.sid, before.sid);
  });

  await t.test("a tool that wants a fresh proof has the passkey touched, and a no is a no", async () => {
    const before = tool.who.auth_time;
    await page.goto(`${tool.url}/login?max_age=0`);
    await page.getByTestId("sso-verify").waitFor().catch(failed);
    assert.deepEqual(await seriousFaults(page), []);
    await detective.shot("sso-verify");
    await page.getByTestId("sso-verify").click();
    assert.equal(await said(), "偵查 王 (detective)");
    assert.ok(tool.who.auth_time > before, "and is told when");
    await page.goto(`${tool.url}/login?prompt=consent`);
    await page.getByTestId("sso-no").click().catch(failed);
    assert.equal(await said(), "access_denied");
  });

  await t.test("an address that is not the tool's is not gone to", async () => {
    await page.goto(`${tool.url}/login?redirect_uri=${encodeURIComponent("http://127.0.0.1:9/evil")}`);
    await page.locator(".failure").waitFor().catch(failed);
    assert.equal(new URL(page.url()).origin, house.url);
    assert.deepEqual(await seriousFaults(page), []);
    await detective.shot("sso-elsewhere");
    await page.goto(`${house.url}/authorize`);
    await page.locator(".failure").waitFor().catch(failed);
  });

  await t.test("a role that the tool does not take reads why, and goes back", async () => {
    await operator.page.goto(`${tool.url}/login`);
    await operator.page.getByTestId("sso-refused").waitFor().catch((error) => operator.explain(error));
    assert.match(await operator.page.getByTestId("sso-refused").innerText(), /維運員/);
    await operator.shot("sso-refused");
    await operator.page.getByTestId("sso-back").click();
    assert.equal(await said(operator), "access_denied");
  });

  await t.test("who signs out of the house is out of the tool within seconds", async () => {
    await page.goto(`${tool.url}/login`);
    await said();
    const answer = await detective.request("POST", "/v1/identity/sign-out", {});
    assert.equal(answer.status(), 204);
    assert.equal((await tool.userinfo())[0], 401);
    const [left] = await until("the tool to be told", () => (tool.left.length > 0 ? tool.left : null), 10_000);
    assert.deepEqual([left.sub, left.sid, left.nonce], [tool.who.sub, tool.who.sid, undefined]);
    assert.deepEqual(left.events, { [LOGOUT]: {} });
    assert.deepEqual([...detective.problems, ...operator.problems], []);
  });
});
