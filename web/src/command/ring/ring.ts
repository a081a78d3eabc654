// What the ring panel counts and says. No React and no clock, so that each sentence can be tested.

import { microsFromTaipei, taipeiDay } from "../../app/age";
import type {
  Assignment,
  Hit,
  Incident,
  Micros,
  RingOrder,
  RingPlan,
  TellRing,
  Wgs84,
} from "../../app/api/types";

/** He and the units have moved on; the answer is then about a city that is no more. */
export const STALE_S = 20;
export const SEEN_MIN_AGO = [0, 1, 3, 5];
export const HORIZONS_MIN = [5, 10, 15, 30];
export const HORIZON_MIN = 15;
/** The server takes no older sighting. */
const SEEN_MAX_US = 3_600_000_000;
/** Less than this, and one red light undoes it. */
const TIGHT_S = 60;

const OVER = ["closed", "declined", "cancelled"];

/** `3:07`, and `−0:12` for what has passed. Rounds down: nobody has more time than it says. */
export function minuteClock(seconds: number): string {
  const whole = Math.floor(seconds);
  const size = Math.abs(whole);
  return `${whole < 0 ? "−" : ""}${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`;
}

/** The tightest first, as at the answer: rows that change places under a finger send the wrong unit. */
export function ordersBySlack(orders: RingOrder[]): RingOrder[] {
  return [...orders].sort((a, b) => a.slack_s - b.slack_s || a.call_sign.localeCompare(b.call_sign));
}

export interface LiveOrder {
  order: RingOrder;
  /** The sign on the map. */
  number: number;
  /** What has come of it, once it was sent. */
  sent: Assignment | null;
  drive_s: number;
  suspect_s: number;
  slack_s: number;
}

/** The orders `elapsed_s` after they were asked for. Who has not been sent loses slack with every second; who drives does not. */
export function liveOrders(plan: RingPlan, assignments: Assignment[], elapsed_s: number): LiveOrder[] {
  return ordersBySlack(plan.orders).map((order, at) => {
    const sent = assignments.find((a) => a.unit === order.unit && !OVER.includes(a.state)) ?? null;
    const waited_s = sent ? Math.max((sent.offered_at_us - plan.asked_at_us) / 1e6, 0) : elapsed_s;
    const driven_s = Math.max(elapsed_s - waited_s, 0);
    return {
      order,
      number: at + 1,
      sent,
      drive_s: Math.max(order.drive_s - driven_s, 0),
      suspect_s: order.suspect_s - elapsed_s,
      slack_s: order.slack_s - waited_s,
    };
  });
}

export type SlackWord = "late" | "tight" | "fine";

export function slackWord(slack_s: number): SlackWord {
  if (slack_s < 0) return "late";
  return slack_s < TIGHT_S ? "tight" : "fine";
}

export interface Sentence {
  key: "closed" | "closing" | "closed_by_now" | "slipped" | "open" | "open_unmanned" | "no_way_out";
  tone: "good" | "warn" | "alarm";
  params: { count: number; time: string; short: number };
}

/** The one sentence above everything else. A ring that nobody was sent to in time is never called closed. */
export function sentenceOf(plan: RingPlan, live: LiveOrder[], elapsed_s: number): Sentence {
  const params = { count: plan.orders.length, time: "", short: plan.units_short };
  if (plan.outcome === "no_way_out") return { key: "no_way_out", tone: "warn", params };
  if (plan.outcome === "open") {
    const key = plan.orders.length > 0 ? "open" : "open_unmanned";
    return { key, tone: "alarm", params: { ...params, count: plan.leaks.length } };
  }
  const late = live.filter((one) => one.slack_s < 0).length;
  if (late > 0) return { key: "slipped", tone: "alarm", params: { ...params, count: late } };
  const after_s = plan.closed_after_s ?? 0;
  const waiting = live.filter((one) => !one.sent).length;
  if (waiting > 0) {
    const time = minuteClock(Math.ceil(after_s));
    return { key: "closed", tone: "good", params: { ...params, count: waiting, time } };
  }
  const waits_s = live.map((one) => one.order.slack_s - one.slack_s);
  const left_s = after_s + Math.max(0, ...waits_s) - elapsed_s;
  if (left_s <= 0) return { key: "closed_by_now", tone: "warn", params };
  return { key: "closing", tone: "good", params: { ...params, time: minuteClock(Math.ceil(left_s)) } };
}

/** What the phones of these crews are told: the junction, and before when it must be closed. */
export function tellOf(plan: RingPlan, orders: RingOrder[]): TellRing {
  return {
    asked_at_us: plan.asked_at_us,
    seen_at_us: plan.seen_at_us,
    seen: plan.position,
    posts: orders.map(({ unit, position, street, suspect_s, is_map_exit }) => ({
      unit,
      position,
      street,
      by_us: Math.floor(plan.asked_at_us + suspect_s * 1e6),
      is_map_exit,
    })),
  };
}

/** When he was last seen, until somebody says otherwise: by the camera of the hit, else now. */
export function defaultSeen(incident: Incident, hit: Hit | undefined, now_us: Micros): Micros {
  if (incident.origin !== "hit") return now_us;
  return hit?.captured_at_us ?? incident.opened_at_us;
}

/** The latest `HH:MM` or `HH:MM:SS` in Taipei that has been: just after midnight, 23:59 was yesterday. */
export function seenAtClock(clock: string, now_us: Micros): Micros | null {
  const today = microsFromTaipei(`${taipeiDay(now_us)}T${clock}`);
  if (today === null || !clock) return null;
  return today <= now_us ? today : today - 24 * 3_600_000_000;
}

export function isTooOld(seen_at_us: Micros, now_us: Micros): boolean {
  return now_us - seen_at_us > SEEN_MAX_US;
}

/** Latitude and longitude as people paste them, in either order: no longitude of Taiwan is a latitude. */
export function placeFrom(text: string): Wgs84 | null {
  const match = /^\s*(\d{1,3}(?:\.\d+)?)[\s,，、]+(\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const [first, second] = [Number(match[1]), Number(match[2])];
  const [lat, lon] = first > 90 ? [second, first] : [first, second];
  return lat <= 90 && lon > 90 && lon <= 180 ? { lon, lat } : null;
}

export function placeText(place: Wgs84): string {
  return `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}`;
}
