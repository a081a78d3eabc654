// Development only: answers like the server, from memory. `node mock/server.mjs`, then `npm run dev`.

import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";
import * as w from "./world.mjs";

const PORT = Number(process.env.PORT ?? 8470);
const DIST = join(import.meta.dirname, "..", "dist");
let role = process.env.ROLE ?? "dispatcher";
let myUnit = null;
let seq = 100;
const streams = new Set();

function roads() {
  const features = [];
  const labels = [];
  const names = [
    "中華東路",
    "東門路",
    "林森路",
    "裕農路",
    "小東路",
    "永大路",
    "民族路",
    "海安路",
    "成功路",
    "府前路",
    "健康路",
    "崇德路",
  ];
  const [lon, lat] = w.CENTER;
  const classes = [
    "primary",
    "residential",
    "residential",
    "secondary",
    "residential",
    "residential",
    "tertiary",
    "residential",
  ];
  for (let i = -24; i <= 24; i += 1) {
    for (const isAcross of [true, false]) {
      const road = classes[Math.abs(i) % 8];
      const coordinates = Array.from({ length: 25 }, (_, k) => {
        const along = (k - 12) / 400;
        const off = i / 800 + Math.sin(k / 5 + i) / 3000;
        return isAcross ? [lon + along, lat + off] : [lon + off, lat + along];
      });
      const name = names[(i + 24 + (isAcross ? 0 : 5)) % names.length];
      features.push({
        type: "Feature",
        properties: { class: road, name, oneway: false },
        geometry: { type: "LineString", coordinates },
      });
      if (road !== "residential")
        labels.push({
          type: "Feature",
          properties: { class: road, name, rank: 1 },
          geometry: { type: "LineString", coordinates },
        });
    }
  }
  const box = (x, y, dx, dy) => [
    [
      [lon + x, lat + y],
      [lon + x + dx, lat + y],
      [lon + x + dx, lat + y + dy],
      [lon + x, lat + y + dy],
      [lon + x, lat + y],
    ],
  ];
  const area = (kind, coordinates) => ({
    type: "Feature",
    properties: { class: kind },
    geometry: { type: "Polygon", coordinates },
  });
  return {
    areas: [
      area("built_up", box(-0.03, -0.03, 0.06, 0.06)),
      area("park", box(0.004, -0.008, 0.006, 0.004)),
      area("park", box(-0.013, 0.006, 0.004, 0.005)),
    ],
    water: [area("water", box(-0.027, -0.03, 0.002, 0.06))],
    roads: features,
    labels,
  };
}
const layers = Object.fromEntries(
  Object.entries(roads()).map(([name, features]) => [
    name,
    new GeoJSONVT({ type: "FeatureCollection", features }, { maxZoom: 16, indexMaxZoom: 8, tolerance: 2 }),
  ]),
);

function tell(event) {
  const envelope = {
    seq: event.kind === "units_moved" ? 0 : (seq += 1),
    id: w.id(),
    at_us: Date.now() * 1000,
    event,
  };
  for (const out of streams)
    out.write(
      `event: ${event.kind}\n${envelope.seq ? `id: ${envelope.seq}\n` : ""}data: ${JSON.stringify(envelope)}\n\n`,
    );
}
setInterval(() => {
  const moving = w.units.filter(
    (u) => ["available", "en_route"].includes(u.state) && u.call_sign !== "中西 32",
  );
  for (const u of moving) {
    u.position = {
      lon: u.position.lon + (Math.random() - 0.5) / 4000,
      lat: u.position.lat + (Math.random() - 0.5) / 4000,
    };
    u.position_at_us = Date.now() * 1000;
  }
  tell({
    kind: "units_moved",
    units: moving.map((u) => ({
      unit: u.id,
      position: u.position,
      heading_deg: null,
      measured_at_us: u.position_at_us,
    })),
  });
}, 2000).unref();

const picture = (plate, isFrame) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${isFrame ? "1280 720" : "420 200"}"><rect width="1280" height="720" fill="#3b4148"/><g transform="${isFrame ? "translate(520 330)" : ""}"><rect x="-60" y="-140" width="540" height="420" rx="50" fill="#c9ced3"/><rect x="20" y="-110" width="380" height="110" rx="20" fill="#20262c"/><rect x="-30" y="150" width="480" height="60" fill="#8e959c"/><rect x="110" y="60" width="200" height="84" rx="6" fill="#f7f7f2" stroke="#222" stroke-width="3"/><text x="210" y="118" font-family="DejaVu Sans Mono" font-weight="700" font-size="40" text-anchor="middle" fill="#111">${plate}</text></g></svg>`;
const page = (items) => ({ items, next_cursor: null });
const refuse = (status, key, detail) => ({
  status,
  problem: { type: `urn:shouhu:error:${key}`, title: key, status, key, detail },
});
const me = () => ({
  id: w.actors.find((a) => a.role === role).id,
  name: w.actors.find((a) => a.role === role).name,
  role,
  unit: role === "officer" ? myUnit : null,
  permissions: w.PERMISSIONS[role],
  session_expires_at_us: (Date.now() + 8 * 3600e3) * 1000,
});

const find = (list, key) => list.find((x) => x.id === key);
const assignments = () =>
  w.incidents.flatMap((i) => i.assignments.map((assignment) => ({ assignment, incident: i })));
const STEP = {
  accept: ["accepted", "accepted_at_us"],
  en_route: ["en_route", "en_route_at_us"],
  on_scene: ["on_scene", "on_scene_at_us"],
  close: ["closed", "closed_at_us"],
  decline: ["declined", null],
};

const routes = [
  ["GET", "/v1/identity/me", () => (role === "none" ? refuse(401, "identity.session_required") : me())],
  [
    "POST",
    "/v1/identity/sign-out",
    () => {
      role = "none";
    },
  ],
  [
    "POST",
    "/v1/identity/enrol/start",
    (_, b) =>
      b.token === "used"
        ? refuse(410, "identity.enrol.link_used", "the link has been used")
        : {
            name: "林志明",
            role: "officer",
            challenge_id: "c",
            options: {
              publicKey: {
                challenge: "AAAA",
                rp: { id: "localhost", name: "Shouhu" },
                user: { id: "AQID", name: "lin", displayName: "林志明" },
                pubKeyCredParams: [{ type: "public-key", alg: -7 }],
              },
            },
          },
  ],
  [
    "POST",
    "/v1/identity/enrolments",
    () => ({
      actor: w.id(),
      token: "tok",
      link: `http://localhost:${PORT}/enrol#9fKx2mQ7tRvB4nLw8sYc`,
      expires_at_us: (Date.now() + 72 * 3600e3) * 1000,
    }),
  ],
  ["GET", "/v1/identity/actors", () => page(w.actors)],
  ["GET", "/v1/devices", () => page(w.devices)],
  [
    "POST",
    "/v1/devices",
    () => ({
      device: w.id(),
      token: "shd_7Gk2mQ9tRvB4nLw8sYc1",
      expires_at_us: (Date.now() + 24 * 3600e3) * 1000,
    }),
  ],
  ["GET", "/v1/cameras", () => page(w.cameras)],
  ["GET", "/v1/sightings", () => page(w.sightings)],
  [
    "GET",
    "/v1/sightings/quarantine",
    () =>
      page([
        {
          id: w.id(),
          device: w.id(),
          device_name: "永大路攝影機",
          sequence: 88,
          reason: "plate.length",
          detail: 'plate "A" has 1 characters; between 2 and 10 are possible',
          received_at_us: Date.now() * 1000 - 3e8,
          plate_text: "A",
        },
      ]),
  ],
  ["GET", "/v1/sightings/:id/:which", (p) => ({ svg: picture("BKF-5820", p.which === "frame") })],
  [
    "GET",
    "/v1/watchlists/entries",
    (_, __, q) => page(w.entries.filter((e) => !q.get("state") || e.state === q.get("state"))),
  ],
  ["GET", "/v1/watchlists/legal-bases", () => ({ items: w.bases })],
  [
    "POST",
    "/v1/watchlists/entries",
    (_, b) => {
      const e = { ...w.entries[0], ...b, id: w.id(), display: b.pattern, state: "proposed" };
      w.entries.unshift(e);
      return e;
    },
  ],
  [
    "POST",
    "/v1/watchlists/entries/:id/approve",
    (p) => Object.assign(find(w.entries, p.id), { state: "active" }),
  ],
  [
    "POST",
    "/v1/watchlists/import",
    (_, __, q) => ({
      import: q.get("dry_run") === "true" ? null : w.id(),
      dry_run: q.get("dry_run") === "true",
      encoding: "cp950",
      format: "csv",
      rows: 128,
      accepted: 123,
      duplicates: 2,
      errors: [
        {
          row: 17,
          column: "車牌",
          value: "ABC@123",
          key: "plate.pattern.character",
          message: "plate pattern \"ABC@123\" has '@' at position 3",
        },
        {
          row: 44,
          column: "期限",
          value: "114/02/30",
          key: "watchlists.import.date",
          message: "114/02/30 is not a date",
        },
        { row: 91, column: "車牌", value: "", key: "plate.empty", message: "plate is empty" },
      ],
      columns: { pattern: "車牌", expires_at: "期限", reason: "事由" },
    }),
  ],
  [
    "GET",
    "/v1/hits",
    (_, __, q) => page(w.hits.filter((h) => !q.get("state") || h.state === q.get("state"))),
  ],
  ["GET", "/v1/hits/:id", (p) => find(w.hits, p.id)],
  [
    "GET",
    "/v1/hits/:id/:which",
    (p) => ({ svg: picture(find(w.hits, p.id)?.plate_display ?? "", p.which === "frame") }),
  ],
  [
    "POST",
    "/v1/hits/:id/confirm",
    (p, b) => {
      const h = find(w.hits, p.id);
      if (b.plate_seen.replace(/\W/g, "") !== h.plate) return refuse(422, "hits.confirm.plate_differs");
      Object.assign(h, { state: "confirmed", decided_at_us: Date.now() * 1000, decided_by_name: me().name });
      tell({ kind: "hit_decided", hit: h.id, state: h.state });
      return h;
    },
  ],
  [
    "POST",
    "/v1/hits/:id/reject",
    (p, b) => {
      const h = find(w.hits, p.id);
      Object.assign(h, {
        state: "rejected",
        reject_reason: b.reason,
        note: b.note,
        decided_at_us: Date.now() * 1000,
        decided_by_name: me().name,
      });
      tell({ kind: "hit_decided", hit: h.id, state: h.state });
      return h;
    },
  ],
  ["GET", "/v1/incident-kinds", () => ({ items: w.kinds })],
  ["GET", "/v1/incidents", () => page(w.incidents.filter((i) => i.state !== "closed"))],
  [
    "POST",
    "/v1/incidents",
    (_, b) => {
      const i = w.incident(b, 50 + w.incidents.length);
      w.incidents.unshift(i);
      const h = b.hit && find(w.hits, b.hit);
      if (h) h.incident = i.id;
      tell({ kind: "incident_changed", incident: i.id, state: i.state, hit: b.hit ?? null });
      return i;
    },
  ],
  ["GET", "/v1/incidents/:id", (p) => find(w.incidents, p.id)],
  ["GET", "/v1/incidents/:id/recommendations", (p) => ({ items: w.recommend(find(w.incidents, p.id)) })],
  [
    "GET",
    "/v1/incidents/:id/log",
    (p) => ({
      items: [
        {
          at_us: find(w.incidents, p.id).opened_at_us,
          by_name: "陳怡君",
          key: "incident_opened",
          params: {},
        },
      ],
    }),
  ],
  [
    "POST",
    "/v1/incidents/:id/close",
    (p, b) => Object.assign(find(w.incidents, p.id), { state: "closed", closing_code: b.code }),
  ],
  [
    "POST",
    "/v1/incidents/:id/assignments",
    (p, b) => {
      const i = find(w.incidents, p.id);
      const u = find(w.units, b.unit);
      const a = w.assignmentOf(i, u);
      i.assignments.push(a);
      i.state = "assigned";
      u.state = "dispatched";
      tell({ kind: "assignment_changed", assignment: a.id, incident: i.id, unit: u.id, state: a.state });
      return a;
    },
  ],
  [
    "GET",
    "/v1/assignments/mine",
    () => ({
      items: assignments().filter(
        ({ assignment: a }) => a.unit === myUnit && !["closed", "declined"].includes(a.state),
      ),
    }),
  ],
  [
    "POST",
    "/v1/assignments/:id/step",
    (p, b) => {
      const { assignment: a, incident: i } = assignments().find((x) => x.assignment.id === p.id);
      const now = Date.now() * 1000;
      if (b.step === "delivered") a.delivered_at_us ??= now;
      else if (b.step === "reply") a.replies.push({ at_us: now, by: me().id, text: b.text });
      else {
        const [state, stamp] = STEP[b.step];
        a.state = state;
        if (stamp) a[stamp] = now;
        if (b.code) a.closing_code = b.code;
        const u = find(w.units, a.unit);
        u.state = ["closed", "declined"].includes(state)
          ? "available"
          : state === "accepted"
            ? "dispatched"
            : state;
        if (state === "on_scene") i.state = "on_scene";
      }
      tell({ kind: "assignment_changed", assignment: a.id, incident: i.id, unit: a.unit, state: a.state });
      return a;
    },
  ],
  ["GET", "/v1/units", () => page(w.units)],
  [
    "POST",
    "/v1/units/mine/join",
    (_, b) => {
      myUnit = b.unit;
      const u = find(w.units, b.unit);
      return u;
    },
  ],
  ["POST", "/v1/units/mine/position", () => undefined],
  ["POST", "/v1/units/mine/state", (_, b) => Object.assign(find(w.units, myUnit), b)],
  [
    "GET",
    "/v1/map",
    () => {
      const [x, y] = w.CENTER;
      return {
        version: 1,
        bounds: [x - 0.03, y - 0.03, x + 0.03, y + 0.03],
        center: { lon: x, lat: y },
        roads: 98,
        attribution: "示範城市（自製）",
        imported_at_us: Date.now() * 1000 - 8e12,
      };
    },
  ],
  [
    "POST",
    "/v1/map/import",
    () => ({ version: 2, report: { roads: 41233, nodes: 198_221, skipped: 12, named: 8123 } }),
  ],
  [
    "GET",
    "/v1/operations/health",
    () => ({
      modules: ["store", "bus", "jobs", "blobs", "sightings", "watchlists", "dispatch", "audit"].map(
        (name) => ({
          name,
          is_healthy: name !== "jobs",
          detail: name === "jobs" ? "3 件工作重試中，最久 6 分鐘" : "正常",
        }),
      ),
      version: "0.1.0",
      uptime_s: 93_211,
    }),
  ],
  [
    "GET",
    "/v1/operations/jobs",
    () =>
      page([
        {
          id: w.id(),
          kind: "watchlists.expire",
          state: "failed",
          attempts: 5,
          last_error: "disk full",
          run_at_us: Date.now() * 1000 - 2e8,
          finished_at_us: null,
        },
        {
          id: w.id(),
          kind: "sightings.purge",
          state: "waiting",
          attempts: 0,
          last_error: null,
          finished_at_us: null,
          run_at_us: Date.now() * 1000 + 36e8,
        },
      ]),
  ],
  ["GET", "/v1/oversight/audit", () => page(w.audit)],
  [
    "GET",
    "/v1/oversight/audit/verify",
    () => ({ is_intact: true, leaves: 9001, root: "f3".repeat(32), first_bad_seq: null }),
  ],
].map(([method, path, act]) => [method, new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`), act]);

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

createServer(async (request, response) => {
  const url = new URL(request.url, "http://x");
  if (url.pathname === "/mock/role") {
    role = url.searchParams.get("is");
    if (url.searchParams.has("keep")) return response.end(role);
    myUnit = null;
    for (const i of w.incidents) i.assignments = i.assignments.filter((a) => a.unit !== w.units[0].id);
    if (url.searchParams.has("order")) {
      const hitOf = { ...w.incidents[0], hit: w.hits[0].id };
      Object.assign(w.incidents[0], hitOf);
      w.incidents[0].assignments.push(w.assignmentOf(w.incidents[0], w.units[0]));
    } else {
      w.incidents[0].hit = null;
      w.incidents[0].state = "open";
      w.units[0].state = "available";
    }
    return response.end(role);
  }
  if (url.pathname === "/mock/hit") {
    const h = {
      ...w.hits[0],
      id: w.id(),
      state: "raised",
      incident: null,
      raised_at_us: Date.now() * 1000,
      captured_at_us: Date.now() * 1000,
    };
    w.hits.push(h);
    tell({ kind: "hit_raised", hit: h.id, sighting: h.sighting, entry: h.entry.id, position: h.position });
    return response.end("ok");
  }
  if (url.pathname === "/v1/events") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": ping\n\n");
    streams.add(response);
    return request.on("close", () => streams.delete(response));
  }
  const tile = /^\/v1\/map\/tiles\/(\d+)\/(\d+)\/(\d+)$/.exec(url.pathname);
  if (tile) {
    const [z, x, y] = tile.slice(1).map(Number);
    const found = Object.fromEntries(
      Object.entries(layers)
        .map(([name, index]) => [name, index.getTile(z, x, y)])
        .filter(([, t]) => t),
    );
    if (Object.keys(found).length === 0) return response.writeHead(204).end();
    return response
      .writeHead(200, { "content-type": "application/vnd.mapbox-vector-tile" })
      .end(Buffer.from(fromGeojsonVt(found, { version: 2 })));
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  for (const [method, pattern, act] of routes) {
    const match = method === request.method && pattern.exec(url.pathname);
    if (!match) continue;
    let body = {};
    try {
      body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
    } catch {
      /* a file */
    }
    const answer = act(match.groups ?? {}, body, url.searchParams);
    if (answer === undefined) return response.writeHead(204).end();
    if (answer.svg) return response.writeHead(200, { "content-type": "image/svg+xml" }).end(answer.svg);
    if (answer.problem)
      return response
        .writeHead(answer.status, { "content-type": "application/problem+json" })
        .end(JSON.stringify(answer.problem));
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }
  if (url.pathname.startsWith("/v1/"))
    return response
      .writeHead(404, { "content-type": "application/problem+json" })
      .end(JSON.stringify({ status: 404, key: "http.not_found", title: "not found" }));
  const file = join(DIST, url.pathname);
  const path = url.pathname !== "/" && existsSync(file) ? file : join(DIST, "index.html");
  response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
  createReadStream(path).pipe(response);
}).listen(PORT, "127.0.0.1", () => console.log(`mock on http://localhost:${PORT} as ${role}`));
