import { describe, expect, it } from "vitest";
import { bytesFromBase64url } from "../base64url";
import { hashOf, heard, isNonceFresh, proofText, prove, sessionKey, targetOf } from "./proof";

describe("what is signed", () => {
  it("is the same text as the server's", () => {
    expect(proofText("n", "i", "POST", "/v1/hits?x=1", "-")).toBe(
      "shouhu-proof-v1\nn\ni\nPOST\n/v1/hits?x=1\n-",
    );
  });

  it("names the body by its hash, and no body by a dash", async () => {
    expect(await hashOf("{}")).toBe("RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o");
    expect(await hashOf(new Blob(["{}"]))).toBe("RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o");
    expect(await hashOf("")).toBe("-");
    expect(await hashOf(null)).toBe("-");
  });

  it("is the address as it travels", () => {
    expect(targetOf("/v1/places?q=中山路 1", "http://x.test")).toBe(
      "/v1/places?q=%E4%B8%AD%E5%B1%B1%E8%B7%AF%201",
    );
  });
});

describe("a nonce", () => {
  it("is fresh for less than a minute after it was told or confirmed", () => {
    expect(isNonceFresh()).toBe(false);
    heard("first", null);
    expect(isNonceFresh()).toBe(true);
    expect(isNonceFresh(performance.now() + 60_000)).toBe(false);
    const told = performance.now();
    heard(null, "older.id.-.signature");
    expect(isNonceFresh(told + 49_999)).toBe(true);
  });
});

describe("a browser without a store", () => {
  it("has no key, and says so where one is needed", async () => {
    // Node has no IndexedDB.
    expect(await prove("GET", "/v1/identity/me")).toBeNull();
    await expect(sessionKey()).rejects.toThrow("keeps no keys");
  });
});

it("reads its own base64url", () => {
  expect([...bytesFromBase64url("__77")]).toEqual([255, 254, 251]);
});
