// Who cries for help now: one list for the console and for every phone.

import type { QueryClient } from "@tanstack/react-query";
import type { Micros, Unit, Wgs84 } from "../app/api/types";
import type { Panic } from "../app/api/types.choice";
import { positions } from "../app/positions";

export const PANICS = ["panics"];

const WEIGHT: Record<Panic["state"], number> = { raised: 0, acknowledged: 1, cancelled: 2, over: 3 };

/** Nobody's answered before answered; among equals whoever has waited longest. */
export function inOrder(panics: Panic[]): Panic[] {
  return panics
    .filter((one) => one.state !== "over")
    .sort((a, b) => WEIGHT[a.state] - WEIGHT[b.state] || a.raised_at_us - b.raised_at_us);
}

export function withPanic(known: Panic[], told: Panic): Panic[] {
  return inOrder([...known.filter((one) => one.incident !== told.incident), told]);
}

/** What was just done here is newer than a list that is on its way. */
export function takePanic(client: QueryClient, told: Panic): void {
  void client.cancelQueries({ queryKey: PANICS });
  client.setQueryData<Panic[]>(PANICS, (known) => withPanic(known ?? [], told));
}

/** The stream says that something has changed: a list that is on its way is older than that, and must not end the question. */
export async function askPanics(client: QueryClient): Promise<void> {
  await client.cancelQueries({ queryKey: PANICS });
  await client.invalidateQueries({ queryKey: PANICS });
}

/** Where that crew is: the newest of what was cried and what its unit has reported since. */
export function placeOf(
  panic: Panic,
  units: Unit[] | undefined,
): { position: Wgs84; at_us: Micros | null; accuracy_m: number | null } | null {
  const fetched = units?.find((one) => one.id === panic.unit);
  const unit = fetched ? positions.freshest(fetched) : null;
  const isNewer = unit?.position && (unit.position_at_us ?? 0) >= (panic.position_at_us ?? 0);
  if (unit?.position && (isNewer || !panic.position)) {
    return { position: unit.position, at_us: unit.position_at_us, accuracy_m: unit.accuracy_m };
  }
  if (!panic.position) return null;
  return { position: panic.position, at_us: panic.position_at_us, accuracy_m: unit?.accuracy_m ?? null };
}
