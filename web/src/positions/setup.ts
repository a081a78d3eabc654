// What is typed into an app so that it reports here; docs/guide/positions.md says the same in words.

import type { Protocol } from "../app/api/types.positions";

export interface SetupLine {
  /** Names the text under `tracker.setup_*`. */
  name: string;
  value: string;
}

export interface Setup {
  lines: SetupLine[];
  /** What a phone's camera reads, where the app has such a link. */
  qr: string | null;
}

interface Asked {
  protocol: Protocol;
  /** `https://host`, as people reach this server. */
  origin: string;
  secret: string;
  device: string | null;
}

const OSMAND_FIELDS =
  "id=x&lat={0}&lon={1}&timestamp={2}&hdop={3}&altitude={4}&speed={5}&speed_unit=ms&bearing={6}";

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** OwnTracks takes its whole configuration from one link; mode 3 is HTTP. */
function ownTracksLink({ origin, secret, device }: Asked): string {
  const [user, phone] = device?.split("/") ?? [];
  const configuration = {
    _type: "configuration",
    mode: 3,
    url: `${origin}/v1/positions/owntracks`,
    auth: true,
    username: user || "x",
    password: secret,
    deviceId: phone || "phone",
  };
  return `owntracks:///config?inline=${encodeURIComponent(base64(JSON.stringify(configuration)))}`;
}

const entry = (key: string, value: string) => `<entry key='${key}'>${value}</entry>`;

export function setupOf(asked: Asked): Setup {
  const { protocol, origin, secret } = asked;
  const at = (door: string) => `${origin}/v1/positions/${door}`;
  if (protocol === "osmand") {
    const address = `${at("osmand")}?secret=${encodeURIComponent(secret)}&${OSMAND_FIELDS}`;
    return {
      lines: [
        { name: "osmand", value: address },
        { name: "client_url", value: at("osmand") },
        { name: "client_id", value: secret },
      ],
      qr: address,
    };
  }
  if (protocol === "owntracks") {
    return {
      lines: [
        { name: "owntracks_url", value: at("owntracks") },
        { name: "password", value: secret },
      ],
      qr: ownTracksLink(asked),
    };
  }
  if (protocol === "traccar") {
    const entries = [
      entry("forward.enable", "true"),
      entry("forward.type", "json"),
      entry("forward.url", at("traccar")),
      entry("forward.header", `Authorization: Bearer ${secret}`),
      entry("forward.retry.enable", "true"),
    ];
    return { lines: [{ name: "traccar", value: entries.join("\n") }], qr: null };
  }
  return {
    lines: [
      { name: "cot", value: at("cot") },
      { name: "header", value: `Authorization: Bearer ${secret}` },
    ],
    qr: null,
  };
}

/** Whoever listens on the way reads the secret; only on the same machine is nobody on the way. */
export function isExposed(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol !== "https:" && hostname !== "localhost" && hostname !== "127.0.0.1";
}
