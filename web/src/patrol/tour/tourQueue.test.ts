import { describe, expect, it } from "vitest";
import { OfflineError } from "../../app/api/client";
import type { CrewTour, MarkStop, MyTour, TourStop } from "../../app/api/types.tours";
import type { Shelf } from "../outbox";
import { type QueuedMark, TourQueue, withWaiting } from "./tourQueue";

function shelf(): Shelf {
  const kept = new Map<string, string>();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

const stop = (seq: number) =>
  ({
    seq,
    progress: {
      state: "planned",
      reason: null,
      at_us: null,
      by_name: null,
      expected_arrive_us: 5,
      expected_leave_us: 6,
    },
  }) as TourStop;
const tour = { plan: "p1", stops: [stop(1), stop(2), stop(3)] } as CrewTour;
const mark = (seq: number, over: Partial<MarkStop> = {}): MarkStop => ({
  plan: "p1",
  seq,
  outcome: "done",
  at_us: 10,
  ...over,
});
const queued = (one: MarkStop, refused: QueuedMark["refused"] = null): QueuedMark => ({
  key: `${one.seq}`,
  actor: "a",
  queued_at_us: 1,
  attempts: 0,
  refused,
  mark: one,
});
const states = (shown: CrewTour) => shown.stops.map(({ progress }) => [progress.state, progress.reason]);

describe("a tour with words that wait on the phone", () => {
  it("shows them as said, the last of a stop last", () => {
    const waiting = [
      queued(mark(1)),
      queued(mark(2, { outcome: "skipped", reason: "no_access" })),
      queued(mark(3)),
      queued(mark(3, { outcome: "planned" })),
    ];
    expect(states(withWaiting(tour, waiting))).toEqual([
      ["done", null],
      ["skipped", "no_access"],
      ["planned", null],
    ]);
    expect(tour.stops[0]?.progress.state).toBe("planned");
  });

  it("does not show what the server refused or what belongs to another plan", () => {
    const waiting = [
      queued(mark(1), { key: "patrol.tours.state" } as never),
      queued(mark(2, { plan: "p0" })),
    ];
    expect(withWaiting(tour, waiting).stops).toEqual(tour.stops);
  });

  it("keeps them without a line and sends them once it is back", async () => {
    const kept = shelf();
    let isUp = false;
    const sent: MarkStop[] = [];
    const send = async (one: MarkStop): Promise<MyTour> => {
      if (!isUp) throw new OfflineError();
      sent.push(one);
      return { tour: null };
    };
    const { key, actor, queued_at_us, mark: said } = queued(mark(1));
    expect(new TourQueue(kept, send).add({ key, actor, queued_at_us, mark: said })).toBe(true);
    // A phone that was switched off and on.
    const queue = new TourQueue(kept, send);
    expect(await queue.flush("a")).toBe(0);
    expect(await queue.flush("another")).toBe(0);
    isUp = true;
    expect(await queue.flush("a")).toBe(1);
    expect([sent, queue.items]).toEqual([[said], []]);
  });
});
