// A crew's answer on its way: kept on the phone, sent again until the server has it, with the time of the press.

import type { Id } from "../app/api/types";
import type { AnswerCheck, Check, CrewSays } from "../app/api/types.shifts";
import { Outbox, type Shelf, type Waiting } from "../patrol/outbox";

export interface QueuedAnswer extends Waiting {
  check: Id;
  says: CrewSays;
}

/** Kept when the app is closed: only the same person's phone may send it. */
const SHELF_KEY = "shouhu-checks";
const MAX = 20;

export type SendAnswer = (check: Id, body: AnswerCheck, key: string) => Promise<Check>;

export class CheckQueue extends Outbox<QueuedAnswer, Check> {
  onTaken: ((answer: Check) => void) | null = null;

  constructor(shelf: Shelf, send: SendAnswer) {
    super({
      shelf,
      shelfKey: SHELF_KEY,
      max: MAX,
      send: ({ check, says, queued_at_us, key }) => send(check, { says, said_at_us: queued_at_us }, key),
      onTaken: (_, answer) => this.onTaken?.(answer),
      // "Safe" to a question that is no longer this crew's concerns nobody; help does.
      isQuiet: ({ says }) => says === "safe",
    });
  }

  /** What this person has said to a question and the server does not know yet; help stands above safe. */
  saidTo(check: Id, actor: Id): QueuedAnswer | undefined {
    const said = this.items.filter((one) => one.check === check && one.actor === actor);
    return said.find((one) => one.says === "help") ?? said[0];
  }
}
