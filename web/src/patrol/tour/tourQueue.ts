// What a crew says of its stops, on its way to the server; and the tour as it will be once that is there.

import type { CrewTour, MarkStop, MyTour, Progress, TourStop } from "../../app/api/types.tours";
import { Outbox, type Shelf, type Waiting } from "../outbox";

export interface QueuedMark extends Waiting {
  mark: MarkStop;
}

const SHELF_KEY = "shouhu-tour-marks";
export const MARKS_MAX = 200;

export type SendMark = (mark: MarkStop, key: string) => Promise<MyTour>;

export class TourQueue extends Outbox<QueuedMark, MyTour> {
  /** Where the server's word goes; a screen that is there sets it. */
  onTaken: ((tour: MyTour) => void | Promise<void>) | null = null;

  constructor(shelf: Shelf, send: SendMark) {
    super({
      shelf,
      shelfKey: SHELF_KEY,
      max: MARKS_MAX,
      send: ({ mark, key }) => send(mark, key),
      onTaken: (_, answer) => this.onTaken?.(answer),
    });
  }
}

function marked(stop: TourStop, mark: MarkStop): TourStop {
  const progress: Progress = {
    ...stop.progress,
    state: mark.outcome,
    reason: mark.reason ?? null,
    at_us: mark.outcome === "planned" ? null : mark.at_us,
    by_name: null,
  };
  return { ...stop, progress };
}

/** The tour with what waits on the phone, in the order in which it was said. */
export function withWaiting(tour: CrewTour, waiting: QueuedMark[]): CrewTour {
  const own = waiting.filter(({ mark, refused }) => refused === null && mark.plan === tour.plan);
  const stops = tour.stops.map((stop) =>
    own.filter(({ mark }) => mark.seq === stop.seq).reduce((now, { mark }) => marked(now, mark), stop),
  );
  return { ...tour, stops };
}
