import { describe, expect, it } from "vitest";
import { ApiError, OfflineError } from "../app/api/client";
import type { Assignment, AssignmentStep } from "../app/api/types";
import { OfflineQueue, QUEUE_MAX, type Send, stateAfter } from "./offlineQueue";

class MemoryShelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const taken = {} as Assignment;
const refusal = (status: number) =>
  new ApiError({ type: "x", title: "x", status, key: "dispatch.step_not_allowed" });
const queued = (key: string, step: AssignmentStep, actor = "lin") => ({
  key,
  actor,
  assignment: "a1",
  step,
  queued_at_us: 1,
});

describe("the offline queue", () => {
  it("sends in the order of taking, each under its own key", async () => {
    const sent: string[] = [];
    const queue = new OfflineQueue(new MemoryShelf(), async (_, step, key) => {
      sent.push(`${key}:${step.step}`);
      return taken;
    });
    queue.add(queued("k1", { step: "accept" }));
    queue.add(queued("k2", { step: "en_route" }));
    expect(await queue.flush("lin")).toBe(2);
    expect(sent).toEqual(["k1:accept", "k2:en_route"]);
    expect(queue.items).toEqual([]);
  });

  it("stops at the first step without an answer and keeps the rest", async () => {
    let isUp = false;
    const keys: string[] = [];
    const send: Send = async (_, __, key) => {
      keys.push(key);
      if (!isUp) throw new OfflineError();
      return taken;
    };
    const queue = new OfflineQueue(new MemoryShelf(), send);
    queue.add(queued("k1", { step: "accept" }));
    queue.add(queued("k2", { step: "en_route" }));
    expect(await queue.flush("lin")).toBe(0);
    expect(queue.items.map((one) => one.attempts)).toEqual([1, 0]);
    isUp = true;
    expect(await queue.flush("lin")).toBe(2);
    expect(keys).toEqual(["k1", "k1", "k2"]);
  });

  it("survives the phone being switched off", () => {
    const shelf = new MemoryShelf();
    new OfflineQueue(shelf, async () => taken).add(queued("k1", { step: "on_scene" }));
    expect(new OfflineQueue(shelf, async () => taken).items.map((one) => one.key)).toEqual(["k1"]);
  });

  it("keeps a refused step for the officer to see and goes on with the next", async () => {
    const queue = new OfflineQueue(new MemoryShelf(), async (_, step) => {
      if (step.step === "accept") throw refusal(409);
      return taken;
    });
    queue.add(queued("k1", { step: "accept" }));
    queue.add(queued("k2", { step: "reply", text: "到了" }));
    expect(await queue.flush("lin")).toBe(1);
    expect(queue.items).toMatchObject([{ key: "k1", refused: { status: 409 } }]);
    queue.dismiss("k1");
    expect(queue.items).toEqual([]);
  });

  it("treats an overloaded server and a lost session as no answer, not as a refusal", async () => {
    for (const status of [401, 429, 500, 503]) {
      const queue = new OfflineQueue(new MemoryShelf(), async () => {
        throw refusal(status);
      });
      queue.add(queued("k1", { step: "accept" }));
      await queue.flush("lin");
      expect(queue.items).toMatchObject([{ refused: null, attempts: 1 }]);
    }
  });

  it("never sends one person's steps under another's name", async () => {
    const sent: string[] = [];
    const queue = new OfflineQueue(new MemoryShelf(), async (_, __, key) => {
      sent.push(key);
      return taken;
    });
    queue.add(queued("k1", { step: "accept" }, "lin"));
    await queue.flush("chen");
    expect(sent).toEqual([]);
    expect(queue.items).toHaveLength(1);
  });

  it("refuses more than it may hold instead of dropping the oldest", () => {
    const queue = new OfflineQueue(new MemoryShelf(), async () => taken);
    for (let i = 0; i < QUEUE_MAX; i += 1) queue.add(queued(`k${i}`, { step: "delivered" }));
    expect(queue.add(queued("one too many", { step: "accept" }))).toBe(false);
    expect(queue.items[0]?.key).toBe("k0");
  });

  it("starts empty where the kept text is rubbish", () => {
    const shelf = new MemoryShelf();
    shelf.setItem("shouhu-queue", "{not json");
    expect(new OfflineQueue(shelf, async () => taken).items).toEqual([]);
  });
});

describe("the state after what waits", () => {
  it("follows the queued steps but not the refused ones", () => {
    const base = { attempts: 0, refused: null };
    const steps = [
      { ...queued("1", { step: "accept" }), ...base },
      { ...queued("2", { step: "reply", text: "x" }), ...base },
      { ...queued("3", { step: "en_route" }), ...base, refused: refusal(409).problem },
    ];
    expect(stateAfter("offered", steps)).toBe("accepted");
    expect(stateAfter("en_route", [])).toBe("en_route");
  });
});
