import { describe, expect, it } from "vitest";
import { isExposed, setupOf } from "./setup";

const asked = { origin: "https://shouhu.example", secret: "abcd2345", device: null };
const values = (protocol: "osmand" | "owntracks" | "traccar" | "cot") =>
  Object.fromEntries(setupOf({ ...asked, protocol }).lines.map(({ name, value }) => [name, value]));

describe("what is typed into an app", () => {
  it("is for OsmAnd one address with the fields that it fills in itself", () => {
    const { lines, qr } = setupOf({ ...asked, protocol: "osmand" });
    expect(lines[0]?.value).toBe(
      "https://shouhu.example/v1/positions/osmand?secret=abcd2345&id=x&lat={0}&lon={1}&timestamp={2}&hdop={3}&altitude={4}&speed={5}&speed_unit=ms&bearing={6}",
    );
    expect(qr).toBe(lines[0]?.value);
    expect(values("osmand").client_id).toBe("abcd2345");
  });

  it("is for OwnTracks a link that holds the whole configuration, also where a name is Chinese", () => {
    const { qr } = setupOf({ ...asked, protocol: "owntracks", device: "永康/21" });
    const inline = new URL(qr ?? "").searchParams.get("inline") ?? "";
    const text = new TextDecoder().decode(Uint8Array.from(atob(inline), (c) => c.charCodeAt(0)));
    expect(JSON.parse(text)).toEqual({
      _type: "configuration",
      mode: 3,
      url: "https://shouhu.example/v1/positions/owntracks",
      auth: true,
      username: "永康",
      password: "abcd2345",
      deviceId: "21",
    });
  });

  it("is for a Traccar server what its file wants, and for TAK an address and a header", () => {
    expect(values("traccar").traccar).toContain(
      "<entry key='forward.header'>Authorization: Bearer abcd2345</entry>",
    );
    expect(values("cot")).toEqual({
      cot: "https://shouhu.example/v1/positions/cot",
      header: "Authorization: Bearer abcd2345",
    });
  });

  it("warns where others on the way can read it", () => {
    expect(["https://a.example", "http://localhost:8470", "http://10.0.0.5"].map(isExposed)).toEqual([
      false,
      false,
      true,
    ]);
  });
});
