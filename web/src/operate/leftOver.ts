// Everybody who has access, and who of them still signs in with a key that the rule of today would refuse.

import type { Actor, Page } from "../app/api/types";

/** 20,000 people: more than any force of this island has. */
const PAGES_MAX = 100;

/** All of them, page by page: whoever counts whom a day would shut out must count everybody. */
export async function everybody(read: (cursor: string | null) => Promise<Page<Actor>>): Promise<Actor[]> {
  const found: Actor[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next: Page<Actor> = await read(cursor);
    found.push(...next.items);
    cursor = next.next_cursor;
    if (!cursor) return found;
  }
  // A part of the list would look like all of it.
  throw new Error(`more than ${found.length} people`);
}

/** Whom `old_keys_until` would shut out. A disabled account signs in with nothing. */
export function isLeftOver(actor: Actor): boolean {
  return !actor.is_disabled && actor.passkeys.some((key) => !key.meets_rule);
}

/** Whose name has the words, however they are written; of those left over alone where that is asked. */
export function fitting(people: Actor[], words: string, onlyLeftOver: boolean): Actor[] {
  const wanted = words.normalize("NFKC").trim().toLowerCase();
  const hasName = (actor: Actor) => actor.name.normalize("NFKC").toLowerCase().includes(wanted);
  return people.filter((actor) => hasName(actor) && (!onlyLeftOver || isLeftOver(actor)));
}
