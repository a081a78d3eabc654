// The built web app in front of made-up answers: thousands of rows, gaps, impossible speeds, answers that are not whole.

import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { root } from "./house.mjs";

const dist = join(root, "web/dist");
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml", ".json": "application/json" };
const HOUR_US = 3_600_000_000;
const NOW_US = Math.floor(Date.now() / 3_600_000) * HOUR_US;

/** A session against which nothing speaks: whoever downloads is asked nothing before. */
export const TRUSTED = { verdict: "allow", since_us: NOW_US, score: 100, reasons: [], unknown: [], verified_at_us: NOW_US };

export function isBuilt() {
  return existsSync(join(dist, "index.html"));
}

/** The app's files, and its page for every path that is no file. */
export async function serveDist() {
  const server = createServer((request, response) => {
    const path = join(dist, decodeURIComponent(new URL(request.url, "http://x").pathname));
    const file = path.startsWith(dist) && extname(path) && existsSync(path) ? path : join(dist, "index.html");
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** Park and Miller's generator: the same city each time. */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

const ROADS = ["中華路", "東門路", "健康路", "林森路", "永華路", "海安路", "西門路", "民族路", "成功路", "公園路", "府前路", "開山路"];

function makeCameras(count) {
  const next = chance(7);
  return Array.from({ length: count }, (_, at) => ({
    id: `019a0000-0000-7000-8000-${String(at).padStart(12, "0")}`,
    name: `${ROADS[at % ROADS.length]}${1 + Math.floor(next() * 400)}號前（${["往東", "往西", "往南", "往北"][at % 4]}）`,
    kind: "fixed",
    position: { lon: 120.14 + next() * 0.14, lat: 22.94 + next() * 0.11 },
    heading_deg: null,
    is_active: next() > 0.05,
  }));
}

const cameras = makeCameras(2_400);
const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";

function plateOf(number) {
  const next = chance(number + 11);
  for (let warm = 0; warm < 3; warm += 1) next();
  const letter = () => letters[Math.floor(next() * letters.length)];
  return `${letter()}${letter()}${letter()}${String(Math.floor(next() * 10_000)).padStart(4, "0")}`;
}

const shown = (plate) => `${plate.slice(0, 3)}-${plate.slice(3)}`;

function passing(plate, at, camera, captured_at_us, confidence = 0.97) {
  return {
    id: `019b0000-0000-8000-8000-${String(at).padStart(12, "0")}`,
    plate,
    plate_display: shown(plate),
    captured_at_us,
    camera: camera.id,
    place_name: camera.name,
    position: camera.position,
    confidence,
    heading: ["approaching", "receding", null, "north"][at % 4],
  };
}

const full = (p, at) => ({
  ...p,
  device: "d",
  sequence: at,
  form: null,
  class: "car",
  alternatives: at % 7 === 0 ? [{ plate: `${p.plate.slice(0, 6)}8`, probability: 0.12 }] : [],
  received_at_us: p.captured_at_us + 1_200_000,
  clock_corrected_us: at % 23 === 0 ? -42_000_000 : 0,
  direction: ["approaching", "receding", null, "left_to_right"][at % 4],
  speed_kmh: at % 3 === 0 ? 38 + (at % 30) : null,
  reads: 5,
  has_crop: at % 5 !== 0,
  has_frame: at % 2 === 0,
  model: "m",
});

/** A walk over near cameras, oldest first. */
function journey(plate, count, gap_us = 11 * 60_000_000) {
  const next = chance(plate.charCodeAt(0) * 97 + plate.charCodeAt(5));
  const path = [...cameras].sort((a, b) => a.position.lon - b.position.lon).filter((_, at) => at % 97 === 3);
  let at_us = NOW_US - count * gap_us * 1.6;
  return Array.from({ length: count }, (_, at) => {
    at_us += Math.round(gap_us * (0.3 + 1.6 * next()));
    return passing(plate, at, path[(at * 3) % path.length], at_us, next() > 0.9 ? 0.71 : 0.97);
  });
}

function trajectory(plate) {
  const stops = journey(plate, 26);
  return stops.map((p, at) => {
    const before = stops[at - 1];
    if (!before) return { ...p, trip: 1, distance_m: null, took_ms: null, speed_kmh: null, is_gap: false, doubt: null };
    const isGap = at === 9 || at === 18;
    const isImpossible = at === 14;
    if (isGap) for (const later of stops.slice(at)) later.captured_at_us += 5 * HOUR_US;
    const distance_m = isImpossible ? 9_400 : 900 + ((at * 677) % 5_200);
    const took_ms = isImpossible ? 95_000 : isGap ? 5.2 * 3_600_000 : 240_000 + ((at * 7919) % 900_000);
    return { ...p, captured_at_us: stops[at].captured_at_us, trip: 1 + (at >= 9) + (at >= 18), distance_m, took_ms, speed_kmh: distance_m / (took_ms / 3_600), is_gap: isGap, doubt: isImpossible ? "cloned_plate" : null };
  });
}

/** Passages at the given cameras, newest first. */
function crowd(count, where) {
  const next = chance(99);
  return Array.from({ length: count }, (_, at) =>
    passing(plateOf(at % 3000), at, where[Math.floor(next() * next() * where.length)], NOW_US - Math.floor((at / count) * HOUR_US), next() > 0.93 ? 0.66 : 0.96),
  );
}

function counts({ by, from_us, until_us }) {
  const next = chance(5);
  if (by === "cell") {
    return Array.from({ length: 160 }, (_, at) => ({ hour_us: null, camera: null, place_name: null, cell: `884ba0a6${at.toString(16).padStart(2, "0")}fffff`, position: { lon: 120.145 + (at % 14) * 0.01, lat: 22.945 + Math.floor(at / 14) * 0.009 }, sightings: Math.floor(40_000 * next() ** 3) + 20 }));
  }
  const items = [];
  for (let hour_us = Math.ceil(from_us / HOUR_US) * HOUR_US; hour_us < until_us; hour_us += HOUR_US) {
    const hour = (hour_us / HOUR_US + 8) % 24;
    const busy = 0.15 + Math.exp(-((hour - 8) ** 2) / 6) + Math.exp(-((hour - 18) ** 2) / 8) + 0.35 * Math.exp(-((hour - 13) ** 2) / 18);
    if (by === "hour") items.push({ hour_us, camera: null, place_name: null, position: null, cell: null, sightings: Math.floor(160_000 * busy * (0.85 + 0.3 * next())) });
    else for (const camera of cameras.slice(0, 120)) items.push({ hour_us, camera: camera.id, place_name: camera.name, position: camera.position, cell: null, sightings: Math.floor(900 * busy * next() ** 2) });
  }
  return items;
}

const found = (items, partial = []) => ({ items, next_cursor: null, partial });

function near({ kind, center, radius_m, coordinates }) {
  const ring = coordinates?.[0] ?? [];
  const [lons, lats] = [ring.map((p) => p[0]), ring.map((p) => p[1])];
  return cameras.filter(({ position: { lon, lat } }) =>
    kind === "circle"
      ? Math.hypot((lon - center.lon) * 102_000, (lat - center.lat) * 111_000) < radius_m
      : lon > Math.min(...lons) && lon < Math.max(...lons) && lat > Math.min(...lats) && lat < Math.max(...lats),
  );
}

function paged(all, { cursor, limit }, partial = []) {
  const from = Number(cursor ?? 0);
  const next = from + limit;
  return { items: all.slice(from, next), next_cursor: next < all.length ? String(next) : null, partial };
}

const RETENTION = {
  classes: [
    { class: "passage", days: 365, legal_basis: "警察職權行使法 §10", sightings: 61_600_000, oldest_us: NOW_US - 300 * 24 * HOUR_US },
    { class: "kept", days: null, legal_basis: "刑事訴訟法 §133", sightings: 4_812, oldest_us: NOW_US - 700 * 24 * HOUR_US },
    { class: "parking", days: 90, legal_basis: "個資法 §16", sightings: 2_101_334, oldest_us: NOW_US - 88 * 24 * HOUR_US },
  ],
  certificates: [0, 1, 2].map((at) => ({ ran_at_us: NOW_US - at * 24 * HOUR_US, rows_before: 204_344 - at, purged: 204_332 - at, kept: 12, duplicates: 0, pictures_moved: 24, keys_until_day: 20_400 - at, quarantine_deleted: 3, purged_total: 26_293_000, erased_total: 854, is_balanced: at !== 2 })),
  erasures: [{ at_us: NOW_US - 3 * 24 * HOUR_US, by_name: "督導 王", reason: "法院裁定 115 聲 233", case_ref: "115-1118-0007", erased: 854, pictures: 97 }],
};

function hold(at, part = {}) {
  return { id: `hold-${at}`, sighting: `s-${at}`, plate_display: shown(plateOf(at)), captured_at_us: NOW_US - at * 9 * HOUR_US, reason: at % 2 ? "hit" : "legal", note: "臺南地檢署來函 115 偵 4410", case_ref: "115-1121-0041", since_us: NOW_US - at * HOUR_US, until_us: NOW_US + 360 * 24 * HOUR_US, placed_by_name: "督導 王", lifted_at_us: null, ...part };
}

/** Answers every call of the app; `asked` keeps what was asked and why. */
export class MockLake {
  asked = [];
  exportLooks = 0;
  holds = [hold(1), hold(2), hold(3, { lifted_at_us: NOW_US })];
  failing = null;

  constructor({ permissions } = {}) {
    this.permissions = permissions ?? ["sightings.search", "sightings.counts", "sightings.export", "sightings.hold", "sightings.erase", "sightings.retention", "cameras.read"];
  }

  async attach(page) {
    await page.route("**/v1/**", (route) => this.answer(route));
  }

  answer(route) {
    const request = route.request();
    const url = new URL(request.url());
    const path = url.pathname.replace("/v1", "");
    const query = Object.fromEntries(url.searchParams);
    const body = request.postData() ? request.postDataJSON() : {};
    const purpose = request.headers()["shouhu-purpose"];
    if (path.startsWith("/sightings")) this.asked.push({ method: request.method(), path, query, body, purpose });
    if (this.failing && path.startsWith(this.failing.path)) {
      return route.fulfill({ status: this.failing.status, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "t", status: this.failing.status, key: this.failing.key, detail: this.failing.key }) });
    }
    // A line that is opened and stays silent.
    if (path === "/events") return undefined;
    if (/\/(crop|frame)$/.test(path)) return route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="320" height="180" fill="#37414d"/><rect x="70" y="110" width="180" height="44" rx="4" fill="#eee"/><text x="160" y="143" font-size="30" font-family="monospace" text-anchor="middle">BKF-5820</text></svg>' });
    const json = this.of(request.method(), path, query, body);
    if (json === undefined) return route.fulfill({ status: 404, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "not found", status: 404, key: "http.not_found" }) });
    return route.fulfill({ contentType: "application/json", body: JSON.stringify(json) });
  }

  of(method, path, query, body) {
    if (path === "/identity/me") return { id: "me", name: "偵查員 林", role: "supervisor", unit: null, permissions: this.permissions, session_expires_at_us: NOW_US + 9 * HOUR_US };
    if (path === "/session/trust") return TRUSTED;
    if (path === "/map") return { version: 0, bounds: null, center: null, roads: 0, attribution: "", imported_at_us: null };
    if (path === "/cameras") return { items: cameras, next_cursor: null };
    if (path === "/sightings") {
      const all = journey(query.plate.replace("?", "0"), query.plate.startsWith("ZZZ") ? 0 : 620, 31 * 60_000_000).reverse();
      const from = Number(query.cursor ?? 0);
      const page = all.slice(from, from + Number(query.limit)).map(full);
      const next = from + Number(query.limit);
      return { ...found(page), next_cursor: next < all.length ? String(next) : null };
    }
    const rest = path.replace("/sightings", "");
    if (rest === "/plates") {
      const like = Array.from({ length: 180 }, (_, at) => plateOf(at)).map((plate, at) => (query.likeness === "wildcard" ? plate : `BKF58${at % 10}${Math.floor(at / 10) % 10}`));
      return found([...new Set(like)].map((plate, at) => ({ plate, plate_display: shown(plate), sightings: 900 - at * 4, first_at_us: null, last_at_us: null })), [{ key: "sightings.partial.unmerged", detail: "2 segments" }]);
    }
    if (rest === "/cameras") return paged(crowd(900, cameras.filter((camera) => body.cameras.includes(camera.id))), body);
    if (rest === "/area") return paged(crowd(4800, near(body.area)), body, [{ key: "sightings.partial.damaged", detail: "by_source/class=passage/day=2026-11-20/0007.parquet" }]);
    if (rest === "/cameras/plates" || rest === "/area/plates") return paged(Array.from({ length: 700 }, (_, at) => ({ plate: plateOf(at), plate_display: shown(plateOf(at)), sightings: 1 + Math.floor(90 / (at + 2)), first_at_us: NOW_US - HOUR_US, last_at_us: NOW_US - at * 1e6 })), body);
    if (rest === "/trajectory") return found(trajectory(query.plate));
    if (rest === "/convoys") return found(Array.from({ length: 23 }, (_, at) => ({ plate: plateOf(at), plate_display: shown(plateOf(at)), cameras: 14 - Math.floor(at / 2), encounters: 31 - at, first_at_us: NOW_US - (90 + at) * HOUR_US, last_at_us: NOW_US - at * HOUR_US })));
    if (rest === "/meetings") {
      const [a, b] = body.plates;
      return found(journey(a, 9, 200 * 60_000_000).map((p) => ({ first_at_us: p.captured_at_us, last_at_us: p.captured_at_us + 21_000_000, plates: [shown(a), shown(b)], place_names: [p.place_name], position: p.position, passages: 2 })));
    }
    if (rest === "/passed") return found(Array.from({ length: 340 }, (_, at) => ({ plate: plateOf(at), plate_display: shown(plateOf(at)), first: passing(plateOf(at), at, cameras[at % 3], NOW_US - 3 * HOUR_US + at * 3e7), then: passing(plateOf(at), at + 5000, cameras[40 + (at % 2)], NOW_US - 3 * HOUR_US + at * 3e7 + 6e8 + (at % 9) * 1e8), took_ms: 600_000 + (at % 9) * 100_000 })));
    if (rest === "/seen") return { plate_display: shown(query.plate), first: journey(query.plate, 3)[0], last: journey(query.plate, 3)[2], sightings: 41, partial: [] };
    if (rest === "/counts") {
      const items = counts({ by: query.by, from_us: Number(query.from_us), until_us: Number(query.until_us) });
      return { items, total: items.reduce((sum, one) => sum + one.sightings, 0), partial: [] };
    }
    if (rest === "/exports" || rest.startsWith("/exports/")) return this.export(method, rest, body);
    if (rest === "/holds" && method === "GET") return { items: this.holds, next_cursor: null };
    if (rest === "/holds") {
      this.holds.unshift(hold(9, { note: body.note }));
      return this.holds[0];
    }
    if (/^\/holds\/.*\/lift$/.test(rest)) {
      const one = this.holds.find((h) => rest.includes(h.id));
      one.lifted_at_us = NOW_US;
      return one;
    }
    if (rest === "/retention") return RETENTION;
    if (rest === "/erasures") return { ...RETENTION.erasures[0], erased: 12, pictures: 3 };
    if (/^\/019b/.test(rest)) return full(journey("BKF5820", 1)[0], 2);
    return undefined;
  }

  export(method, rest) {
    const made = { id: "export-1", format: "csv", asked: "x", asked_by: "me", asked_by_name: "林", asked_at_us: NOW_US, percent: 0, rows: 0, bytes: 0, expires_at_us: null, partial: [], error: null };
    if (rest.endsWith("/cancel")) return { ...made, state: "cancelled", percent: 40, rows: 4000 };
    if (method === "POST") return { ...made, state: "waiting" };
    this.exportLooks += 1;
    if (this.exportLooks < 3) return { ...made, state: "running", percent: 40 * this.exportLooks, rows: 10_000 * this.exportLooks, bytes: 900_000 };
    return { ...made, state: "ready", percent: 100, rows: 26_200, bytes: 2_340_000, expires_at_us: NOW_US + 72 * HOUR_US };
  }
}
