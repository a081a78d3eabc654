import { describe, expect, it } from "vitest";
import { ApiError, OfflineError } from "../app/api/client";
import type { Incident } from "../app/api/types";
import { PanicQueue } from "./panicQueue";

class MemoryShelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const incident = { id: "i1" } as Incident;
const place = { position: { lon: 120.2, lat: 22.99 }, measured_at_us: 1, accuracy_m: 8 };
const cry = (key: string) => ({ key, actor: "lin", queued_at_us: 1, act: "raise" as const, body: place });
const safe = (key: string) => ({
  key,
  actor: "lin",
  queued_at_us: 2,
  act: "cancel" as const,
  reason: "誤觸",
});

describe("a cry for help", () => {
  it("stays until it was taken, and is sent under the same key each time", async () => {
    let isUp = false;
    const keys: string[] = [];
    const ways = {
      raise: async (_: unknown, key: string) => {
        keys.push(key);
        if (!isUp) throw new OfflineError();
        return incident;
      },
      cancel: async () => incident,
    };
    const shelf = new MemoryShelf();
    const queue = new PanicQueue(shelf, ways);
    queue.cry(cry("k1"));
    await queue.flush("lin");
    await queue.flush("lin");
    expect(queue.items).toMatchObject([{ attempts: 2, refused: null }]);
    // The phone was switched off and on.
    const again = new PanicQueue(shelf, ways);
    isUp = true;
    const told: string[] = [];
    again.onTaken = (item) => told.push(item.act);
    await again.flush("lin");
    expect([keys, told, again.items]).toEqual([["k1", "k1", "k1"], ["raise"], []]);
  });

  it("is one cry however often the button is held", () => {
    const queue = new PanicQueue(new MemoryShelf(), {
      raise: async () => incident,
      cancel: async () => incident,
    });
    queue.cry(cry("k1"));
    queue.cry(cry("k2"));
    expect(queue.items.map((one) => one.key)).toEqual(["k1"]);
  });

  it("goes without a place when the server does not believe the place", async () => {
    const bodies: unknown[] = [];
    const queue = new PanicQueue(new MemoryShelf(), {
      raise: async (body) => {
        bodies.push(body);
        if (body.position)
          throw new ApiError({ type: "x", title: "x", status: 422, key: "dispatch.position.jump" });
        return incident;
      },
      cancel: async () => incident,
    });
    queue.cry(cry("k1"));
    expect(await queue.flush("lin")).toBe(1);
    expect(bodies).toEqual([place, {}]);
  });

  it("is followed by the word that all is well, never overtaken by it", async () => {
    const sent: string[] = [];
    let isUp = false;
    const say = async (what: string) => {
      if (!isUp) throw new OfflineError();
      sent.push(what);
      return incident;
    };
    const queue = new PanicQueue(new MemoryShelf(), {
      raise: () => say("raise"),
      cancel: (reason) => say(reason),
    });
    queue.cry(cry("k1"));
    await queue.flush("lin");
    queue.cry(safe("k2"));
    await queue.flush("lin");
    isUp = true;
    await queue.flush("lin");
    expect(sent).toEqual(["raise", "誤觸"]);
  });

  it("that was refused stays to be seen, and makes way for the next", async () => {
    const queue = new PanicQueue(new MemoryShelf(), {
      raise: async () => {
        throw new ApiError({ type: "x", title: "x", status: 403, key: "http.forbidden" });
      },
      cancel: async () => incident,
    });
    queue.cry(cry("k1"));
    await queue.flush("lin");
    expect(queue.items).toMatchObject([{ key: "k1", refused: { status: 403 } }]);
    queue.cry(cry("k2"));
    expect(queue.items.map((one) => one.key)).toEqual(["k2"]);
  });
});
