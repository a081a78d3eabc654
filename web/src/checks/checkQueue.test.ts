import { describe, expect, it } from "vitest";
import { ApiError, OfflineError } from "../app/api/client";
import type { Check } from "../app/api/types.shifts";
import { CheckQueue } from "./checkQueue";

class MemoryShelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const check = { id: "c1", state: "safe" } as Check;
const said = (key: string, says: "safe" | "help") => ({
  key,
  actor: "lin",
  check: "c1",
  says,
  queued_at_us: 7,
});

describe("a crew's answer", () => {
  it("survives a switched-off phone, and says when the thumb pressed", async () => {
    const shelf = new MemoryShelf();
    const offline = new CheckQueue(shelf, async () => {
      throw new OfflineError();
    });
    offline.add(said("k1", "safe"));
    await offline.flush("lin");
    const bodies: unknown[] = [];
    const again = new CheckQueue(shelf, async (id, body, key) => {
      bodies.push([id, body, key]);
      return check;
    });
    const told: string[] = [];
    again.onTaken = (answer) => told.push(answer.id);
    await again.flush("lin");
    expect(bodies).toEqual([["c1", { says: "safe", said_at_us: 7 }, "k1"]]);
    expect([told, again.items]).toEqual([["c1"], []]);
  });

  it("of safe that nobody asks for any more goes away; a refused call for help stays to be seen", async () => {
    const queue = new CheckQueue(new MemoryShelf(), async () => {
      throw new ApiError({ type: "x", title: "x", status: 404, key: "dispatch.check.none" });
    });
    queue.add(said("k1", "safe"));
    queue.add(said("k2", "help"));
    await queue.flush("lin");
    expect(queue.items).toMatchObject([{ key: "k2", refused: { status: 404 } }]);
  });

  it("that asks for help stands above one that says safe", () => {
    const queue = new CheckQueue(new MemoryShelf(), async () => check);
    queue.add(said("k1", "safe"));
    queue.add(said("k2", "help"));
    expect(queue.saidTo("c1", "lin")?.says).toBe("help");
    expect(queue.saidTo("c1", "chen")).toBeUndefined();
  });
});
