import { describe, expect, it } from "vitest";
import { base64urlFromBytes, bytesFromBase64url } from "./base64url";
import { creationOptions, credentialJson, passkeyTrouble, requestOptions } from "./webauthn";

describe("webauthn codec", () => {
  it("gives back every byte it was given, without padding or url-unsafe characters", () => {
    for (let length = 0; length < 40; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 73 + length * 11 + 251) % 256);
      const text = base64urlFromBytes(bytes);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect([...bytesFromBase64url(text)]).toEqual([...bytes]);
    }
  });

  it("accepts padded text too", () => {
    expect([...bytesFromBase64url("_-8=")]).toEqual([255, 239]);
  });

  it("decodes challenge, user and excluded credentials and keeps the rest", () => {
    const made = creationOptions({
      challenge: "AQID",
      rp: { id: "localhost", name: "Shouhu" },
      user: { id: "BAU", name: "lin", displayName: "林" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      excludeCredentials: [{ type: "public-key", id: "Bgc", transports: ["usb"] }],
      timeout: 60_000,
    });
    expect([...(made.challenge as Uint8Array)]).toEqual([1, 2, 3]);
    expect([...(made.user.id as Uint8Array)]).toEqual([4, 5]);
    const excluded = (made.excludeCredentials ?? []).map((one) => [...(one.id as Uint8Array)]);
    expect(excluded).toEqual([[6, 7]]);
    expect(made.timeout).toBe(60_000);
  });

  it("asks for a discoverable credential when the server names none", () => {
    expect(requestOptions({ challenge: "AQ" }).allowCredentials).toEqual([]);
  });

  it("encodes a new passkey and a sign-in where the browser has no toJSON", () => {
    const buffer = (...bytes: number[]) => Uint8Array.from(bytes).buffer;
    const made = credentialJson({
      id: "AQI",
      rawId: buffer(1, 2),
      type: "public-key",
      response: {
        clientDataJSON: buffer(3),
        attestationObject: buffer(4),
        getTransports: () => ["internal"],
      },
    });
    expect(made).toMatchObject({
      rawId: "AQI",
      response: { clientDataJSON: "Aw", attestationObject: "BA", transports: ["internal"] },
    });
    const used = credentialJson({
      id: "AQI",
      rawId: buffer(1, 2),
      type: "public-key",
      response: {
        clientDataJSON: buffer(3),
        authenticatorData: buffer(5),
        signature: buffer(6),
        userHandle: null,
      },
    });
    expect(used).toMatchObject({ response: { authenticatorData: "BQ", signature: "Bg", userHandle: null } });
  });

  it("tells a refusal by the person from a browser that cannot", () => {
    expect(passkeyTrouble(new DOMException("", "NotAllowedError"))).toBe("cancelled");
    expect(passkeyTrouble(new DOMException("", "InvalidStateError"))).toBe("already_enrolled");
    expect(passkeyTrouble(new TypeError("x"))).toBe("failed");
  });
});
