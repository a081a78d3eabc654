// The officer's own orders: as the server last told them, on the screen and on the phone.

import type { QueryClient } from "@tanstack/react-query";
import { dispatch } from "../app/api/calls";
import { OfflineError } from "../app/api/client";
import type { Assignment, MyAssignment, MyHold } from "../app/api/types";
import type { Shelf } from "./outbox";
import { dropWayUnless } from "./way/keptWay";

export const MINE = ["my-assignments"];
const KEPT = "shouhu.my-assignments";
export const MY_RING = ["my-ring"];
const KEPT_RING = "shouhu.my-ring";

/** The last known orders stay readable without a network. */
export async function fetchMine(shelf: Shelf, signal?: AbortSignal): Promise<MyAssignment[]> {
  try {
    const { items } = await dispatch.mine(signal);
    shelf.setItem(KEPT, JSON.stringify(items));
    dropWayUnless(
      shelf,
      items.map(({ assignment }) => assignment.id),
    );
    return items;
  } catch (error) {
    const kept = shelf.getItem(KEPT);
    if (error instanceof OfflineError && kept) return JSON.parse(kept) as MyAssignment[];
    throw error;
  }
}

/** The junction of a closing ring, also without a network. */
export async function fetchMyRing(shelf: Shelf, signal?: AbortSignal): Promise<MyHold | null> {
  try {
    const { hold } = await dispatch.myRing(signal);
    shelf.setItem(KEPT_RING, JSON.stringify(hold));
    return hold;
  } catch (error) {
    const kept = shelf.getItem(KEPT_RING);
    if (error instanceof OfflineError && kept) return JSON.parse(kept) as MyHold | null;
    throw error;
  }
}

/**
 * The server's answer to a step is newer than any list. A list that is on its way was asked for before it, and would show
 * the old step again, inviting a second tap: it is given up, and the caller asks anew.
 */
export async function takeAnswer(client: QueryClient, shelf: Shelf, answer: Assignment): Promise<void> {
  await client.cancelQueries({ queryKey: MINE });
  const known = client.getQueryData<MyAssignment[]>(MINE);
  if (!known) return;
  const items = known.map((one) => (one.assignment.id === answer.id ? { ...one, assignment: answer } : one));
  client.setQueryData(MINE, items);
  shelf.setItem(KEPT, JSON.stringify(items));
}
