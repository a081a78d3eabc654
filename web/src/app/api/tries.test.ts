import { afterEach, describe, expect, it, vi } from "vitest";
import { fetchProved } from "./client";

afterEach(() => vi.unstubAllGlobals());

/** A server, or several, that give these answers one after another, and the last one for ever. */
function answering(keys: (string | null)[]): { asked: number } {
  const told = { asked: 0 };
  vi.stubGlobal("fetch", async () => {
    const key = keys[Math.min(told.asked, keys.length - 1)];
    told.asked += 1;
    return key === null ? new Response("{}") : new Response(JSON.stringify({ key }), { status: 401 });
  });
  return told;
}

const STALE = "identity.proof_stale";

describe("a proved request", () => {
  it("is signed again where one server's nonce is too old for another that has just started", async () => {
    const told = answering([STALE, STALE, null]);
    expect((await fetchProved("/v1/identity/me")).status).toBe(200);
    expect(told.asked).toBe(3);
  });

  it("is given up in the end", async () => {
    const told = answering([STALE]);
    expect((await fetchProved("/v1/identity/me")).status).toBe(401);
    expect(told.asked).toBe(4);
  });

  it("is sent once more, and not more often, where the key is not the session's", async () => {
    const told = answering(["identity.proof_refused"]);
    expect((await fetchProved("/v1/identity/me")).status).toBe(401);
    expect(told.asked).toBe(2);
  });

  it("is not sent again where nobody is signed in", async () => {
    const told = answering(["identity.session_required"]);
    expect((await fetchProved("/v1/identity/me")).status).toBe(401);
    expect(told.asked).toBe(1);
  });
});
