import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import type { Assignment, AssignmentState, Incident, MyAssignment } from "../app/api/types";
import { MINE, takeAnswer } from "./mine";
import { OfflineQueue, stateAfter } from "./offlineQueue";

class MemoryShelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const assignment = (state: AssignmentState) => ({ id: "a1", state, replies: [] }) as unknown as Assignment;
const mine = (state: AssignmentState): MyAssignment[] => [
  { assignment: assignment(state), incident: { id: "i1" } as Incident },
];
const step = {
  key: "k1",
  actor: "lin",
  assignment: "a1",
  step: { step: "accept" } as const,
  queued_at_us: 1,
};

function phone(shelf = new MemoryShelf()) {
  const client = new QueryClient();
  client.setQueryData(MINE, mine("offered"));
  const queue = new OfflineQueue(shelf, async () => assignment("accepted"));
  queue.onTaken = (answer) => takeAnswer(client, shelf, answer);
  /** What the screen says: the list's state with what waits on top of it. */
  const shown = () =>
    stateAfter(client.getQueryData<MyAssignment[]>(MINE)?.[0]?.assignment.state ?? "offered", queue.items);
  return { client, queue, shown, shelf };
}

describe("a step that was taken", () => {
  it("never shows the old step again, before the list has come anew", async () => {
    const { queue, shown } = phone();
    const seen: string[] = [];
    queue.subscribe(() => seen.push(shown()));
    queue.add(step);
    await queue.flush("lin");
    expect(queue.items).toEqual([]);
    expect(seen).toEqual(["accepted", "accepted"]);
  });

  it("is not undone by a list that was asked for before it and comes after it", async () => {
    const { client, queue, shown } = phone();
    let answer: (list: MyAssignment[]) => void = () => undefined;
    const slow = client
      .fetchQuery({
        queryKey: MINE,
        queryFn: () => new Promise<MyAssignment[]>((done) => (answer = done)),
      })
      .catch(() => undefined);
    queue.add(step);
    await queue.flush("lin");
    answer(mine("offered"));
    await slow;
    await new Promise((done) => setTimeout(done));
    expect(shown()).toBe("accepted");
  });

  it("stays taken for a phone that is switched on again without a line", async () => {
    const { queue, shelf } = phone();
    queue.add(step);
    await queue.flush("lin");
    const kept = JSON.parse(shelf.getItem("shouhu.my-assignments") ?? "[]") as MyAssignment[];
    expect(kept[0]?.assignment.state).toBe("accepted");
  });
});
