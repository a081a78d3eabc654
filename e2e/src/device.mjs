// A device that signs its requests, written apart from the Rust agent: it checks the protocol as documented.

import { createHash, generateKeyPairSync, sign } from "node:crypto";

export class Device {
  static async enrol(house, token) {
    const device = new Device();
    device.house = house;
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    device.key = privateKey;
    const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    const response = await fetch(`${house.url}/v1/devices/enrol`, {
      method: "POST",
      body: JSON.stringify({ token, public_key: raw.toString("base64") }),
    });
    if (!response.ok) throw new Error(await response.text());
    device.id = (await response.json()).device;
    return device;
  }

  async post(path, body, { at = Date.now() * 1000 } = {}) {
    const bytes = Buffer.from(JSON.stringify(body));
    const hash = createHash("sha256").update(bytes).digest("hex");
    const text = `shouhu-device-request-v1\nPOST\n${path}\n${at}\n${hash}`;
    const response = await fetch(`${this.house.url}${path}`, {
      method: "POST",
      body: bytes,
      headers: {
        "shouhu-device": this.id,
        "shouhu-signed-at": String(at),
        "shouhu-signature": sign(null, Buffer.from(text), this.key).toString("base64"),
      },
    });
    return { status: response.status, json: await response.json() };
  }

  batch(sightings, sentAt = Date.now() * 1000) {
    return this.post("/v1/sightings", { model: "e2e", sent_at_us: sentAt, sightings }, { at: sentAt });
  }
}

export function sighting(sequence, plate, capturedAt = Date.now() * 1000) {
  return { sequence, plate, confidence: 0.97, captured_at_us: capturedAt, reads: 2 };
}
