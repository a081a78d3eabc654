// What every kind of row has: an id, places, and words for a file.

import type { Id, Wgs84 } from "../../app/api/types";
import { type Passing, passingOf } from "../../app/api/types.lake";
import type { Answer } from "../answer";

export interface AnyRow {
  id: string;
  /** Whose history a click would ask for. */
  plate: string | null;
  passings: Passing[];
}

export function rowsOf(answer: Answer): AnyRow[] {
  switch (answer.kind) {
    case "history":
      return answer.items.map((s) => ({ id: s.id, plate: s.plate, passings: [passingOf(s)] }));
    case "cameras":
    case "area":
    case "trajectory":
      return answer.items.map((p) => ({ id: p.id, plate: p.plate, passings: [p] }));
    case "plates":
    case "convoys":
      return answer.items.map((p) => ({ id: p.plate, plate: p.plate, passings: [] }));
    case "meetings":
      return answer.items.map((m, at) => ({ id: `meeting-${at}`, plate: null, passings: m.passings }));
    case "passed":
      return answer.items.map((p) => ({
        id: `${p.first.id}-${p.then.id}`,
        plate: p.first.plate,
        passings: [p.first, p.then],
      }));
    case "counts":
      return answer.items.map((c, at) => ({ id: c.camera ?? `count-${at}`, plate: null, passings: [] }));
  }
}

/** Passages in the order of time; the server gives some newest first. */
export function oldestFirst<T extends { captured_at_us: number }>(passings: T[]): T[] {
  return [...passings].sort((a, b) => a.captured_at_us - b.captured_at_us);
}

/** Place of each passage in the order of time, counted from 1, as on the map. */
export function numbersOf(passings: Passing[]): Map<Id, number> {
  return new Map(oldestFirst(passings).map((p, at) => [p.id, at + 1]));
}

export function placesOf(passings: Passing[]): Wgs84[] {
  return passings.flatMap((p) => (p.position ? [p.position] : []));
}
