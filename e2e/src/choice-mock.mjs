// The built web app in front of a made-up shift: thirty units, twenty-five incidents, long names, nothing at all, refusals, and
// a stream that tells what the test wants told.

import { TRUSTED } from "./lake-mock.mjs";

const NOW_US = () => Date.now() * 1000;
const MINUTE_US = 60_000_000;
const id = (kind, at) => `019c${kind}-0000-7000-8000-${String(at).padStart(12, "0")}`;

export const PERMISSIONS = {
  dispatcher: ["dispatch.watch", "dispatch.order", "incidents.open", "units.watch", "hits.watch", "hits.decide", "cameras.read"],
  supervisor: ["dispatch.watch", "dispatch.order", "dispatch.policy", "incidents.open", "units.watch", "units.manage", "hits.watch", "hits.decide", "cameras.read", "operations.watch"],
  officer: ["assignments.answer", "units.report", "units.watch", "hits.watch", "patrol.check_in"],
};

const KINDS = [
  ["sos", "員警求援", 1],
  ["robbery", "強盜搶奪", 1],
  ["domestic_violence", "家庭暴力", 1],
  ["fight", "打架鬥毆", 2],
  ["traffic_crash", "交通事故", 2],
  ["drunk_driving", "酒後駕車", 2],
  ["theft", "一般竊盜", 3],
  ["public_help", "為民服務", 3],
  ["noise", "噪音", 4],
].map(([key, title_zh, priority]) => ({ key, title_zh, title_en: key.replaceAll("_", " "), priority }));

const ROADS = ["中華路", "東門路", "健康路", "林森路", "永華路", "海安路", "西門路", "民族路"];
const BEATS = ["永康", "東門", "安平", "北區", "歸仁", "仁德"];
const place = (at) => ({ lon: 120.16 + ((at * 37) % 100) / 900, lat: 22.95 + ((at * 53) % 100) / 1100 });

function makeUnits(count, isLong) {
  return Array.from({ length: count }, (_, at) => ({
    id: id("0001", at),
    call_sign: isLong && at % 4 === 0 ? `臺南市政府警察局第一分局博愛派出所巡邏 ${at + 1}` : `${BEATS[at % BEATS.length]} ${11 + at}`,
    kind: ["car", "car", "motorcycle", "foot"][at % 4],
    state: ["available", "available", "en_route", "on_scene", "dispatched", "busy"][at % 6],
    position: place(at),
    position_at_us: NOW_US() - (at % 7 === 6 ? 9 : 0.3) * MINUTE_US,
    accuracy_m: at % 5 === 0 ? 140 : 12,
    heading_deg: null,
    assignment: null,
  }));
}

function makeIncidents(count, isLong) {
  return Array.from({ length: count }, (_, at) => {
    const kind = KINDS[1 + (at % (KINDS.length - 1))];
    return {
      id: id("0002", at),
      number: `115-1121-${String(at + 1).padStart(4, "0")}`,
      origin: "call",
      state: ["open", "assigned", "on_scene"][at % 3],
      priority: kind.priority,
      kind: kind.key,
      summary: isLong ? "報案人表示樓下有多人持械互毆，其中一人流血倒地，現場吵雜聽不清楚，另有兩輛黑色自小客車停在路口未熄火，車號未看清，請多派警力並通知救護車" : "路口擦撞，一人腳傷",
      address: isLong ? "臺南市永康區中華路一段二百一十三巷四十五弄六十七號之八十九號十二樓之三（某某社區大門對面便利商店旁）" : `${ROADS[at % ROADS.length]} ${at * 7 + 3} 號`,
      position: place(at + 11),
      hit: null,
      opened_at_us: NOW_US() - (at + 1) * 3 * MINUTE_US,
      closed_at_us: null,
      closing_code: null,
      assignments: [],
    };
  });
}

const reason = (key, is_for, value = null) => ({ key, is_for, value });

export class MockChoice {
  asked = [];
  failing = null;
  isDown = false;
  panics = [];

  constructor({ role = "dispatcher", units = 30, incidents = 25, isLong = false, isEmpty = false, isTaking = true, isTakenFirst = true } = {}) {
    this.role = role;
    this.isEmpty = isEmpty;
    this.isTaking = isTaking;
    /** Whether the unit that would be taken from another job is the proposed one. */
    this.isTakenFirst = isTakenFirst;
    this.units = isEmpty ? [] : makeUnits(units, isLong);
    this.incidents = isEmpty ? [] : makeIncidents(incidents, isLong);
    this.skills = new Map(this.units.map((unit, at) => [unit.id, at % 3 === 0 ? ["crash_kit", "breath_test"] : []]));
    this.policy = {
      policy: "nearest_by_road",
      stale_after_s: 120,
      preemption: { is_on: true, levels_min: 2, saves_min_s: 120, times_max: 1 },
      rest: { duty_max_s: 28_800, rest_min_s: 600, slower_max_s: 90 },
      coverage: { s_per_percent: 10, slower_max_s: 90, threshold_s: 300, busy_share: 0.3 },
      handover_saves_min_s: 60,
      ageing_step_s: 900,
      needs: { traffic_crash: ["crash_kit"], drunk_driving: ["breath_test"] },
      set_at_us: isEmpty ? null : NOW_US() - 60 * MINUTE_US,
      set_by: isEmpty ? null : "督導 陳",
    };
  }

  async attach(page) {
    // The stream, in the test's hand: `tell` says what the server would say.
    await page.addInitScript(() => {
      globalThis.EventSource = class {
        listeners = {};
        constructor() {
          globalThis.theStream = this;
          setTimeout(() => {
            this.onopen?.();
            this.say("hello", "0", "{}");
          });
        }
        addEventListener(kind, act) {
          this.listeners[kind] = [...(this.listeners[kind] ?? []), act];
        }
        say(kind, lastEventId, data) {
          for (const act of this.listeners[kind] ?? []) act({ lastEventId, data });
        }
        close() {}
      };
    });
    await page.route("**/v1/**", (route) => this.answer(route));
    this.page = page;
  }

  async tell(event) {
    this.seq = (this.seq ?? 0) + 1;
    const envelope = { seq: this.seq, id: id("0009", this.seq), at_us: NOW_US(), event };
    await this.page.evaluate(([kind, seq, text]) => globalThis.theStream.say(kind, seq, text), [event.kind, String(this.seq), JSON.stringify(envelope)]);
  }

  /** A crew cries: in the list, and in the stream. */
  async cry(at, change = {}) {
    const unit = this.units[at];
    const panic = { incident: id("0003", at), incident_number: `115-1121-09${at}`, unit: unit.id, call_sign: unit.call_sign, position: unit.position, position_at_us: NOW_US() - 4_000_000, raised_at_us: NOW_US(), state: "raised", acknowledged_by: null, ...change };
    this.panics = [...this.panics.filter((one) => one.incident !== panic.incident), panic];
    this.incidents.unshift({ id: panic.incident, number: panic.incident_number, origin: "officer", state: "open", priority: 1, kind: "sos", summary: `${panic.call_sign} 緊急求援`, address: "", position: panic.position, hit: null, opened_at_us: panic.raised_at_us, closed_at_us: null, closing_code: null, assignments: [] });
    await this.tell({ kind: "panic_changed", incident: panic.incident, unit: panic.unit });
    return panic;
  }

  answer(route) {
    const request = route.request();
    const { pathname, searchParams } = new URL(request.url());
    const path = pathname.replace("/v1", "");
    const method = request.method();
    const body = request.postData() ? request.postDataJSON() : {};
    if (this.isDown) return route.abort("internetdisconnected");
    if (path === "/incidents/duplicates") return route.fulfill({ contentType: "application/json", body: JSON.stringify({ items: [] }) });
    if (method === "POST") this.asked.push({ path, body, key: request.headers()["idempotency-key"] });
    if (this.failing && path.includes(this.failing.path) && (this.failing.method ?? method) === method) {
      const { status, key, params } = this.failing;
      return route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "t", status, key, params }) });
    }
    const json = this.of(method, path, body, searchParams);
    if (json === undefined) return route.fulfill({ status: 404, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "not found", status: 404, key: "http.not_found" }) });
    return route.fulfill({ contentType: "application/json", body: JSON.stringify(json) });
  }

  of(method, path, body, query) {
    const list = (items) => ({ items, next_cursor: null });
    if (path === "/identity/me") return { id: "me", name: { officer: "警員 李", dispatcher: "執勤 張", supervisor: "督導 陳" }[this.role], role: this.role, unit: this.role === "officer" ? id("0001", 0) : null, permissions: PERMISSIONS[this.role], session_expires_at_us: NOW_US() + 600 * MINUTE_US };
    if (path === "/session/trust") return TRUSTED;
    if (path === "/map") return { version: 0, bounds: null, center: null, roads: 0, attribution: "", imported_at_us: null };
    if (path === "/units") return list(this.units);
    if (path === "/incident-kinds") return { items: KINDS };
    if (path === "/hits" || path === "/cameras" || path === "/assignments/mine") return list([]);
    if (path === "/patrol/nonces") return { nonces: [] };
    if (path === "/panics") return { items: this.panics };
    if (path === "/dispatch/policy") {
      if (method === "POST") this.policy = { ...body, set_at_us: NOW_US(), set_by: "督導 陳" };
      return this.policy;
    }
    if (path === "/dispatch/advice") return this.advice();
    if (path === "/units/skills") return { items: [...this.skills].map(([unit, skills]) => ({ unit, skills })) };
    const skilled = /^\/units\/([^/]+)\/skills$/.exec(path);
    if (skilled) {
      this.skills.set(skilled[1], body.skills);
      return { unit: skilled[1], skills: body.skills };
    }
    if (path === "/units/mine/panic") return this.raise();
    if (path === "/units/mine/panic/cancel") return this.cancel();
    if (path === "/places") return this.places(query.get("q"));
    if (path === "/incidents" && method === "POST") {
      const opened = { ...makeIncidents(1, false)[0], ...body, id: id("0005", this.asked.length), state: "open" };
      this.incidents.unshift(opened);
      return opened;
    }
    if (path === "/incidents") return list(this.incidents);
    return this.incident(method, path, body);
  }

  incident(method, path, body) {
    const [, which, what] = /^\/incidents\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    const incident = this.incidents.find((one) => one.id === which);
    if (!incident) return undefined;
    if (what === undefined) return incident;
    if (what === "log") return { items: [{ at_us: incident.opened_at_us, by_name: "執勤 張", key: "incident_opened", params: {} }] };
    if (what === "duplicates") return { items: [] };
    if (what === "recommendations") return this.proposal();
    if (what === "acknowledge") {
      this.panics = this.panics.map((one) => (one.incident === which ? { ...one, state: "acknowledged", acknowledged_by: "執勤 張" } : one));
      return incident;
    }
    if (what === "assignments" || what === "handover") {
      const unit = this.units.find((one) => one.id === (body.unit ?? body.to));
      const made = { id: id("0004", this.asked.length), incident: which, incident_number: incident.number, unit: unit.id, call_sign: unit.call_sign, state: "offered", offered_at_us: NOW_US(), offered_by: "me", delivered_at_us: null, accepted_at_us: null, en_route_at_us: null, on_scene_at_us: null, closed_at_us: null, closing_code: null, replies: [], reasons: [] };
      incident.assignments = [...incident.assignments, made];
      incident.state = "assigned";
      return made;
    }
    return undefined;
  }

  /** One street in five towns, and nothing else. */
  places(text) {
    const nothing = { items: [], is_ambiguous: false, why_not: [{ key: "nothing_said", params: {} }], unread: [text] };
    if (!text.includes("中正路")) return nothing;
    const items = ["東區", "永康區", "仁德區", "歸仁區", "新營區"].map((town, at) => ({
      address: `臺南市${town}中正路50號`,
      position: place(at + 3),
      radius_m: 20,
      kind: "exact_number",
      score: 1,
      town,
      beside: "民權路",
      is_completion: false,
      doubts: at === 0 ? [{ key: "preferred_by_hint", params: {} }] : [],
    }));
    return { items, is_ambiguous: true, why_not: [], unread: [] };
  }

  raise() {
    const unit = this.units[0];
    const incident = { ...this.incidents[0], id: id("0003", 0), number: "115-1121-0900", kind: "sos", priority: 1, position: unit.position, opened_at_us: NOW_US() };
    this.panics = [{ incident: incident.id, incident_number: incident.number, unit: unit.id, call_sign: unit.call_sign, position: unit.position, position_at_us: NOW_US(), raised_at_us: NOW_US(), state: "raised", acknowledged_by: null }];
    return incident;
  }

  cancel() {
    this.panics = this.panics.map((one) => ({ ...one, state: "cancelled" }));
    return { ...this.incidents[0], id: id("0003", 0) };
  }

  proposal() {
    const free = this.units.filter((unit) => unit.state === "available").slice(0, 5);
    const away = this.units.find((unit) => unit.state === "en_route");
    const items = free.map((unit, at) => ({
      unit,
      rank: at + 1,
      distance_m: 900 + at * 640,
      eta_s: 95 + at * 71,
      is_by_road: true,
      reasons: [
        reason("available", true),
        ...(at === 0 ? [reason("has_all_that_is_asked", true), ...(this.isTaking ? [reason("slower_than_chosen", false, 88)] : [reason("least_travel", true, 71)])] : []),
        ...(at === 1 ? [reason("own_district", true), reason("slower_than_chosen", false, 71), reason("rested", true, 5400)] : []),
        ...(at === 2 ? [reason("lacks_crash_kit", false), reason("short_rest", false, 240), reason("cover_lost", false, 38)] : []),
        ...(at === 3 ? [reason("stale_position", false, 540), reason("beyond_bound", false, 33)] : []),
        ...(at === 4 ? [reason("of_tomorrow", false, 33), reason("farther_than_chosen", false, 2560)] : []),
      ],
      takes_from: null,
    }));
    const taken = away && this.isTaking ? [{ unit: away, rank: null, distance_m: 310, eta_s: 41, is_by_road: true, reasons: [reason("taken_from_lesser", true, 154), reason("least_travel", true, 54), reason("en_route", false)], takes_from: { assignment: id("0004", 999), incident: this.incidents[5]?.id ?? id("0002", 5), incident_number: "115-1121-0006", priority: 3 } }] : [];
    const others = this.units.filter((unit) => ["busy", "on_scene"].includes(unit.state)).map((unit, at) => ({ unit, rank: null, distance_m: null, eta_s: null, is_by_road: false, reasons: [reason(at === 0 ? "in_panic" : unit.state, false), ...(at === 1 ? [reason("preempted_too_often", false, 2)] : [])], takes_from: null }));
    return { policy: this.isTaking ? "nearest_by_road" : "nearest_by_air", fell_back_from: this.isTaking ? null : "coverage_aware", chosen: (this.isTakenFirst && taken[0]?.unit.id) || (free[0]?.id ?? null), items: [...items, ...taken, ...others] };
  }

  advice() {
    if (this.isEmpty) return { at_us: NOW_US(), handovers: [], waiting: [], cover: null, why_no_cover: "no_map", moves: [] };
    const waiting = this.incidents.filter((one) => one.state === "open" && one.kind !== "sos").slice(0, 6);
    const [a, b, c, d] = this.units;
    const cells = Array.from({ length: 140 }, (_, at) => ({ position: { lon: 120.16 + (at % 14) * 0.0085, lat: 22.945 + Math.floor(at / 14) * 0.0095 }, share: (0.03 / (1 + ((at * 29) % 23))) * (at % 9 === 0 ? 0 : 1), units: [2, 1, 0, 3, 1][(at * 7 + Math.floor(at / 14)) % 5] }));
    return {
      at_us: NOW_US(),
      handovers: [
        { incident: this.incidents[1].id, incident_number: this.incidents[1].number, from: id("0004", 1), from_call_sign: a.call_sign, to: b.id, to_call_sign: b.call_sign, remaining_s: 412, arrives_in_s: 128, saves_s: 284 },
        { incident: this.incidents[4].id, incident_number: this.incidents[4].number, from: id("0004", 2), from_call_sign: c.call_sign, to: d.id, to_call_sign: d.call_sign, remaining_s: 190, arrives_in_s: 95, saves_s: 95 },
      ],
      waiting: waiting.map((one, at) => ({ incident: one.id, number: one.number, priority: one.priority, waited_s: 2400 - at * 300, overtakes: at === 1 ? 2 : 0 })),
      cover: { expected_share: 0.684, threshold_s: 300, busy_share: 0.31, idle_units: 10, cells },
      why_no_cover: null,
      moves: [{ unit: a.id, call_sign: a.call_sign, position: { lon: 120.25, lat: 23.01 }, drive_s: 244, gain_share: 0.043 }],
    };
  }
}
