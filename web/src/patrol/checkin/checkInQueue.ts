// Check-ins on their way to the server.

import type { Wgs84 } from "../../app/api/types";
import type { CheckIn, SendCheckIn } from "../../app/api/types.patrol";
import { Outbox, type Shelf, type Waiting } from "../outbox";

export interface QueuedCheckIn extends Waiting {
  code: string;
  measured_at_us: number;
  position: Wgs84 | null;
  accuracy_m: number | null;
  nonce: string | null;
}

/** Kept when signing out: a visit is evidence, and only the same person's phone may send it. */
const SHELF_KEY = "shouhu-check-ins";
export const CHECK_INS_MAX = 100;

export type SendBody = (body: SendCheckIn, key: string) => Promise<CheckIn>;

export function bodyOf(item: QueuedCheckIn): SendCheckIn {
  const { code, measured_at_us, position, accuracy_m, nonce } = item;
  return {
    code,
    measured_at_us,
    ...(position ? { position } : {}),
    ...(position && accuracy_m !== null ? { accuracy_m } : {}),
    ...(nonce ? { nonce } : {}),
  };
}

export class CheckInQueue extends Outbox<QueuedCheckIn, CheckIn> {
  constructor(shelf: Shelf, send: SendBody, onTaken?: (item: QueuedCheckIn, answer: CheckIn) => void) {
    super({
      shelf,
      shelfKey: SHELF_KEY,
      max: CHECK_INS_MAX,
      send: (item) => send(bodyOf(item), item.key),
      ...(onTaken ? { onTaken } : {}),
    });
  }
}
