// What every kind of row has: an id, places, and words for a file.

import type { Id, Wgs84 } from "../../app/api/types";
import { type Meeting, type Passing, passingOf, type Spot } from "../../app/api/types.lake";
import type { Answer } from "../answer";

export interface AnyRow {
  id: string;
  /** Whose history a click would ask for. */
  plate: string | null;
  spots: Spot[];
  /** The one passage that the row is. */
  passing: Passing | null;
}

function passingRow(passing: Passing): AnyRow {
  return { id: passing.id, plate: passing.plate, spots: [passing], passing };
}

export function meetingSpot(meeting: Meeting, at: number): Spot {
  return {
    id: `meeting-${at}`,
    captured_at_us: meeting.first_at_us,
    place_name: meeting.place_names.join(" · "),
    position: meeting.position,
  };
}

export function rowsOf(answer: Answer): AnyRow[] {
  switch (answer.shape) {
    case "sightings":
      return answer.items.map((s) => passingRow(passingOf(s)));
    case "passings":
    case "legs":
      return answer.items.map(passingRow);
    case "plates":
    case "companions":
      return answer.items.map((p) => ({ id: p.plate, plate: p.plate, spots: [], passing: null }));
    case "meetings":
      return answer.items.map((m, at) => {
        const spot = meetingSpot(m, at);
        return { id: spot.id, plate: null, spots: [spot], passing: null };
      });
    case "pairs":
      return answer.items.map((p) => ({
        id: `${p.first.id}-${p.then.id}`,
        plate: p.plate,
        spots: [p.first, p.then],
        passing: null,
      }));
    case "zones":
      return [];
    case "counts":
      return answer.items.map((c, at) => ({
        id: c.camera ?? `count-${at}`,
        plate: null,
        spots: [],
        passing: null,
      }));
  }
}

/** Passages in the order of time; the server gives some newest first. */
export function oldestFirst<T extends { captured_at_us: number }>(passings: T[]): T[] {
  return [...passings].sort((a, b) => a.captured_at_us - b.captured_at_us);
}

/** Place of each passage in the order of time, counted from 1, as on the map. */
export function numbersOf(passings: Spot[]): Map<Id, number> {
  return new Map(oldestFirst(passings).map((p, at) => [p.id, at + 1]));
}

export function placesOf(spots: Spot[]): Wgs84[] {
  return spots.flatMap((p) => (p.position ? [p.position] : []));
}
