// A small made-up Tainan for looking at pages without the server. Never shipped, never tested against.

const us = (secondsAgo) => (Date.now() - secondsAgo * 1000) * 1000;
let counter = 0;
export const id = () => `019aa000-0000-7000-8000-${String((counter += 1)).padStart(12, "0")}`;
export const CENTER = [120.2055, 22.9908];
const at = (dx, dy) => ({ lon: CENTER[0] + dx / 1000, lat: CENTER[1] + dy / 1000 });

export const PERMISSIONS = {
  officer: [
    "hits.watch",
    "units.watch",
    "units.report",
    "assignments.answer",
    "map.read",
    "cameras.read",
    "dispatch.watch",
  ],
  dispatcher: [
    "hits.watch",
    "hits.decide",
    "dispatch.watch",
    "dispatch.order",
    "incidents.open",
    "units.watch",
    "watchlists.read",
    "cameras.read",
    "map.read",
    "sightings.search",
  ],
  detective: [
    "sightings.search",
    "watchlists.read",
    "watchlists.propose",
    "cameras.read",
    "map.read",
    "hits.watch",
  ],
  supervisor: [
    "hits.watch",
    "hits.decide",
    "dispatch.watch",
    "dispatch.order",
    "incidents.open",
    "units.watch",
    "watchlists.read",
    "watchlists.propose",
    "watchlists.approve",
    "cameras.read",
    "map.read",
    "sightings.search",
    "actors.invite",
  ],
  auditor: ["oversight.audit", "watchlists.read"],
  operator: [
    "operations.watch",
    "devices.manage",
    "cameras.read",
    "cameras.manage",
    "map.read",
    "map.import",
    "actors.invite",
    "units.watch",
    "units.manage",
    "sightings.quarantine",
    "operations.retry",
    "devices.read",
    "actors.read",
    "actors.disable",

    "hits.watch",
  ],
};

export const units = [
  ["永康 21", "car", "available", 4, 3, 20, 8],
  ["永康 22", "car", "on_scene", -9, 7, 12, 5],
  ["東門 11", "motorcycle", "available", 10, -6, 40, 35],
  ["東門 12", "car", "busy", -14, -5, 33, 9],
  ["中西 31", "car", "en_route", -4, -11, 6, 12],
  ["中西 32", "motorcycle", "available", -20, 4, 420, 60],
  ["安南 05", "car", "off_duty", 18, 14, 9000, 10],
].map(([call_sign, kind, state, dx, dy, age, acc]) => ({
  id: id(),
  call_sign,
  kind,
  state,
  position: at(dx, dy),
  position_at_us: us(age),
  accuracy_m: acc,
  heading_deg: null,
  assignment: null,
}));

export const cameras = [
  "中華東路與東門路口",
  "永大路二段",
  "小東路地下道口",
  "海安路與民族路口",
  "裕農路與林森路口",
].map((name, i) => ({
  id: id(),
  name,
  kind: "fixed",
  position: at([12, 6, 1, -15, 8][i], [-9, 12, 5, -3, 1][i]),
  heading_deg: 90,
  is_active: i !== 3,
}));

const entry = (pattern, action, note, reason, basis) => ({
  id: id(),
  pattern,
  legal_basis: basis,
  owner: "第一分局偵查隊",
  action,
  vehicle_class: "car",
  vehicle_note: note,
  reason,
  expires_at_us: us(-86400 * 21),
});
const hit = (plate, kind, confidence, secondsAgo, camera, e, extra = {}) => ({
  id: id(),
  state: "raised",
  kind,
  conflicts: [],
  raised_at_us: us(secondsAgo),
  entry: e,
  sighting: id(),
  plate: plate.replace("-", ""),
  plate_display: plate,
  confidence,
  alternatives: [],
  captured_at_us: us(secondsAgo + 0.3),
  place_name: camera.name,
  position: camera.position,
  has_crop: true,
  has_frame: true,
  decided_at_us: null,
  decided_by: null,
  decided_by_name: null,
  reject_reason: null,
  note: "",
  incident: null,
  ...extra,
});
const stolen = entry(
  "BKF5820",
  "stop",
  "白色 Toyota Altis，左後保險桿凹陷",
  "115 年 11 月 19 日於東區失竊",
  "stolen_vehicle",
);
export const hits = [
  hit("BKF-5820", "exact", 0.973, 42, cameras[0], stolen, {
    alternatives: [
      { plate: "BKF5829", probability: 0.014 },
      { plate: "8KF5820", probability: 0.008 },
    ],
  }),
  hit(
    "AYG-7713",
    "confusable",
    0.58,
    200,
    cameras[2],
    entry("AYG7718", "stop_with_caution", "黑色 BMW X5", "涉嫌持槍強盜，通緝中", "wanted_person"),
    {
      conflicts: ["low_confidence", "class"],
      alternatives: [
        { plate: "AYG7718", probability: 0.31 },
        { plate: "AYC7713", probability: 0.06 },
      ],
    },
  ),
  hit(
    "RCD-0938",
    "wildcard",
    0.91,
    760,
    cameras[1],
    entry("RCD09??", "observe", "租賃車，銀色", "詐欺車手接送", "wanted_person"),
    { conflicts: ["old_sighting"] },
  ),
  hit(
    "BFA-2231",
    "exact",
    0.99,
    1500,
    cameras[4],
    entry("BFA2231", "stop", "藍色 Honda Fit", "失竊", "stolen_vehicle"),
    {
      state: "rejected",
      decided_at_us: us(1400),
      decided_by_name: "陳怡君",
      reject_reason: "misread",
      note: "照片為 BFA-2237",
    },
  ),
];

export const kinds = [
  ["stolen_vehicle", "失竊車輛", "Stolen vehicle", 2],
  ["wanted_vehicle", "查緝車輛", "Wanted vehicle", 1],
  ["fight", "打架滋事", "Fight", 2],
  ["traffic_accident", "交通事故", "Traffic accident", 2],
  ["noise", "噪音", "Noise", 4],
  ["lost", "協尋", "Missing person", 2],
].map(([key, title_zh, title_en, priority]) => ({ key, title_zh, title_en, priority }));

export const assignmentOf = (incident, unit) => ({
  id: id(),
  incident: incident.id,
  incident_number: incident.number,
  unit: unit.id,
  call_sign: unit.call_sign,
  state: "offered",
  offered_at_us: us(0),
  offered_by: id(),
  delivered_at_us: null,
  accepted_at_us: null,
  en_route_at_us: null,
  on_scene_at_us: null,
  closed_at_us: null,
  closing_code: null,
  replies: [],
  reasons: ["nearest"],
});
export const incident = (body, n) => ({
  id: id(),
  number: `115-1121-${String(n).padStart(4, "0")}`,
  origin: "call",
  state: "open",
  address: "",
  position: null,
  hit: null,
  opened_at_us: us(0),
  closed_at_us: null,
  closing_code: null,
  assignments: [],
  ...body,
});
export const incidents = [
  incident(
    {
      kind: "fight",
      priority: 2,
      summary: "KTV 門口五人鬥毆，一人持棍棒，有人流血",
      address: "東區裕農路 288 號",
      position: at(7, 2),
      opened_at_us: us(95),
    },
    41,
  ),
  incident(
    {
      kind: "traffic_accident",
      priority: 2,
      summary: "機車與小客車碰撞，一人腳部受傷，已通知救護車",
      address: "永康區永大路二段與中山南路口",
      position: at(-9, 7),
      opened_at_us: us(1300),
      state: "on_scene",
    },
    38,
  ),
];
incidents[1].assignments = [
  {
    ...assignmentOf(incidents[1], units[1]),
    state: "on_scene",
    offered_at_us: us(1250),
    delivered_at_us: us(1247),
    accepted_at_us: us(1240),
    en_route_at_us: us(1230),
    on_scene_at_us: us(800),
    replies: [{ at_us: us(500), by: id(), text: "傷者意識清楚，等待救護車" }],
  },
];

export const recommend = (incident) =>
  units
    .map((unit, i) => {
      const can = unit.state === "available";
      const metres = incident.position
        ? Math.hypot(
            (unit.position.lon - incident.position.lon) * 102_000,
            (unit.position.lat - incident.position.lat) * 111_000,
          ) * 1.3
        : null;
      const old = (Date.now() * 1000 - unit.position_at_us) / 1e6;
      const reasons = [{ key: can ? "available" : unit.state, is_for: can, value: null }];
      if (old > 120) reasons.push({ key: "stale_position", is_for: false, value: old });
      return {
        unit,
        rank: can ? i : null,
        distance_m: metres,
        eta_s: metres && metres / 9,
        is_by_road: true,
        reasons,
      };
    })
    .sort((a, b) => (a.rank === null) - (b.rank === null) || a.distance_m - b.distance_m)
    .map((r, i) => ({
      ...r,
      rank: r.rank === null ? null : i + 1,
      reasons: i === 0 ? [{ key: "nearest", is_for: true, value: r.distance_m }, ...r.reasons] : r.reasons,
    }));

export const sightings = Array.from({ length: 9 }, (_, i) => ({
  id: id(),
  device: id(),
  sequence: 900 + i,
  camera: cameras[i % 5].id,
  place_name: cameras[i % 5].name,
  plate: "BKF5820",
  plate_display: "BKF-5820",
  form: "eighth34",
  class: "car",
  confidence: [0.97, 0.93, 0.99, 0.71, 0.96][i % 5],
  alternatives: [],
  captured_at_us: us(42 + i * 5400),
  received_at_us: us(41 + i * 5400),
  clock_corrected_us: i === 3 ? 91_000_000 : 0,
  position: at([12, 6, 1, -15, 8, 3, -6, 14, -2][i], [-9, 12, 5, -3, 1, -14, 9, 4, -6][i]),
  direction: i % 2 ? "approaching" : "receding",
  speed_kmh: i % 3 ? 38 + i : null,
  reads: 7,
  has_crop: true,
  has_frame: i % 2 === 0,
  model: "plates-1",
}));

export const bases = [
  ["stolen_vehicle", "失竊車輛", "Stolen vehicle", "刑事訴訟法第 133 條", 365],
  ["wanted_person", "通緝犯使用車輛", "Vehicle of a wanted person", "刑事訴訟法第 84 條", 180],
  ["missing_person", "失蹤人口協尋", "Missing person", "失蹤人口查尋作業要點", 30],
].map(([key, title_zh, title_en, article, max_days]) => ({ key, title_zh, title_en, article, max_days }));
export const entries = [
  [
    "AYG7718",
    "proposed",
    "wanted_person",
    "stop_with_caution",
    "黑色 BMW X5",
    "涉嫌持槍強盜，通緝中",
    -86400 * 30,
  ],
  ["RCD09??", "proposed", "wanted_person", "observe", "租賃車，銀色", "詐欺車手接送", -86400 * 7],
  ["BKF5820", "active", "stolen_vehicle", "stop", "白色 Toyota Altis", "11 月 19 日東區失竊", -86400 * 21],
  ["BFA2231", "active", "stolen_vehicle", "stop", "藍色 Honda Fit", "失竊", -86400 * 90],
  ["MXP0071", "expired", "missing_person", "stop", "白色機車", "失智長者協尋", 86400 * 2],
].map(([pattern, state, legal_basis, action, vehicle_note, reason, expires]) => ({
  id: id(),
  pattern,
  display: pattern,
  legal_basis,
  owner: "第一分局偵查隊",
  reason,
  action,
  vehicle_class: "car",
  vehicle_note,
  issuer: "TW",
  state,
  proposed_by: id(),
  proposed_by_name: "王建宏",
  approved_by: null,
  approved_by_name: state === "active" ? "李淑芬" : null,
  created_at_us: us(7200),
  expires_at_us: us(expires),
}));

export const devices = [
  ["中華東路攝影機", "fixed_camera", true, 4, 12_000, 0],
  ["永大路攝影機", "fixed_camera", true, 7, 95_000_000, 0],
  ["巡邏車 21", "patrol_car", true, 900, -40_000, 132],
  ["海安路攝影機", "fixed_camera", false, null, null, null],
].map(([name, kind, is_enrolled, seen, off, q]) => ({
  id: id(),
  name,
  kind,
  camera: null,
  is_enrolled,
  is_revoked: false,
  last_seen_at_us: seen === null ? null : us(seen),
  clock_offset_us: off,
  queue_depth: q,
}));
export const actors = [
  ["林志明", "officer"],
  ["陳怡君", "dispatcher"],
  ["王建宏", "detective"],
  ["李淑芬", "supervisor"],
  ["黃雅婷", "auditor"],
  ["吳宗翰", "operator"],
].map(([name, role], i) => ({
  id: id(),
  name,
  role,
  unit: null,
  is_disabled: i === 2,
  last_seen_at_us: us(60 * i * i + 20),
}));
export const audit = Array.from({ length: 24 }, (_, i) => ({
  seq: 9000 - i,
  at_us: us(30 + i * 47),
  actor: id(),
  actor_name: actors[i % 6].name,
  action: [
    "GET /v1/sightings",
    "POST /v1/hits/{id}/confirm",
    "GET /v1/sightings/{id}/crop",
    "POST /v1/incidents",
  ][i % 4],
  class: ["personal_read", "write", "personal_read", "write"][i % 4],
  purpose: i % 4 ? null : "investigation",
  case_ref: i % 4 ? null : "115-1121-0041",
  object: ["BKF5820", "hit", "sighting", "incident"][i % 4],
  outcome: i === 5 ? 403 : 200,
  hash: (i * 7919 + 12345678).toString(16).padStart(64, "a3f9"),
}));
