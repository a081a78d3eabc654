// What an address box does with what was typed and found; nothing here draws.

import type { Wgs84 } from "../../app/api/types";
import type { FoundPlaces, PlaceCandidate } from "../../app/api/types.places";

/** One character begins half of all names. */
const ASKED_FROM_CHARS = 2;
/** As the server has it. */
export const TEXT_CHARS_MAX = 200;

/** Whether a text is worth a question. */
export function isAsked(text: string): boolean {
  return [...text.trim()].length >= ASKED_FROM_CHARS;
}

/**
 * The one that Enter takes: the best, unless the caller must say which, or a hand has put the pin somewhere; then none until a
 * person moves to one.
 */
export function firstActive(found: FoundPlaces | null, isPinned: boolean): number {
  if (!found || found.items.length === 0 || found.is_ambiguous || isPinned) return -1;
  return 0;
}

/** Where an arrow leads, around the ends; -1 is the text itself. */
export function stepActive(active: number, by: 1 | -1, count: number): number {
  if (count === 0) return -1;
  if (active < 0) return by > 0 ? 0 : count - 1;
  return (active + by + count) % count;
}

export type KeyDoes = "down" | "up" | "pick" | "close" | "hold" | null;

interface BoxState {
  /** A list is shown. */
  isOpen: boolean;
  active: number;
  /** There is a text, and neither a pin nor an Escape that waved it through. */
  isUnplaced: boolean;
  /** A character is being put together: its keys belong to the input method. */
  isComposing: boolean;
}

/** What a key does in the box; null leaves it to the form. `hold`: nothing happens, above all no incident is opened. */
export function keyDoes(key: string, box: BoxState): KeyDoes {
  if (box.isComposing) return null;
  if (key === "ArrowDown") return box.isOpen ? "down" : null;
  if (key === "ArrowUp") return box.isOpen ? "up" : null;
  if (key === "Escape") return box.isOpen || box.isUnplaced ? "close" : null;
  if (key !== "Enter") return null;
  if (box.isOpen && box.active >= 0) return "pick";
  return box.isUnplaced ? "hold" : null;
}

/** Blanks and full-width digits say nothing. */
const plain = (text: string) => text.normalize("NFKC").replace(/\s+/g, "").replaceAll("台", "臺");

/** The address that an incident keeps: what was said, and in brackets what it was taken for where that says more. */
export function addressKept(typed: string, picked: PlaceCandidate | null): string {
  const said = typed.trim();
  if (!picked) return said;
  if (plain(picked.address).includes(plain(said))) return picked.address;
  return `${said}（${picked.address}）`;
}

/** The pick still stands: nobody has put the pin elsewhere since. */
export function isStillPicked(picked: PlaceCandidate | null, place: Wgs84 | null): boolean {
  return picked !== null && place?.lon === picked.position.lon && place.lat === picked.position.lat;
}

/** The middle of what the map shows. */
export function middleOf([west, south, east, north]: [number, number, number, number]): Wgs84 {
  return { lon: (west + east) / 2, lat: (south + north) / 2 };
}
