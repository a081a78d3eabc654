import { describe, expect, it } from "vitest";
import { ApiError, OfflineError } from "../../app/api/client";
import type { CheckIn, SendCheckIn } from "../../app/api/types.patrol";
import { CHECK_INS_MAX, CheckInQueue, type QueuedCheckIn } from "./checkInQueue";

class MemoryShelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const refusal = (key: string, status = 422) => new ApiError({ type: "x", title: "x", status, key });

const read = (key: string, actor = "lin") => ({
  key,
  actor,
  code: `SH1:P:BOX${key}:MAC`,
  queued_at_us: 5,
  measured_at_us: 5,
  position: { lon: 120.2, lat: 23 },
  accuracy_m: 8,
  nonce: `n-${key}`,
});

const answer = (code: string) => ({ id: code, box: code, doubts: [] }) as unknown as CheckIn;

describe("the queue of check-ins", () => {
  it("sends in the order of reading, each under its own key and with what was true then", async () => {
    const sent: [SendCheckIn, string][] = [];
    const told: [string, string][] = [];
    const queue = new CheckInQueue(
      new MemoryShelf(),
      async (body, key) => {
        sent.push([body, key]);
        return answer(body.code);
      },
      (item, checkIn) => told.push([item.key, checkIn.id]),
    );
    queue.add(read("1"));
    queue.add({ ...read("2"), position: null, nonce: null });
    expect(await queue.flush("lin")).toBe(2);
    expect(sent).toEqual([
      [
        {
          code: "SH1:P:BOX1:MAC",
          measured_at_us: 5,
          position: { lon: 120.2, lat: 23 },
          accuracy_m: 8,
          nonce: "n-1",
        },
        "1",
      ],
      // An accuracy without a position says nothing.
      [{ code: "SH1:P:BOX2:MAC", measured_at_us: 5 }, "2"],
    ]);
    expect(told).toEqual([
      ["1", "SH1:P:BOX1:MAC"],
      ["2", "SH1:P:BOX2:MAC"],
    ]);
    expect(queue.items).toEqual([]);
  });

  it("keeps the key and the nonce when the answer was lost, and stops there", async () => {
    let isUp = false;
    const sent: string[] = [];
    const queue = new CheckInQueue(new MemoryShelf(), async (body, key) => {
      sent.push(`${key}:${body.nonce}`);
      if (!isUp) throw new OfflineError();
      return answer(body.code);
    });
    queue.add(read("1"));
    queue.add(read("2"));
    expect(await queue.flush("lin")).toBe(0);
    expect(queue.items.map((one) => one.attempts)).toEqual([1, 0]);
    isUp = true;
    expect(await queue.flush("lin")).toBe(2);
    expect(sent).toEqual(["1:n-1", "1:n-1", "2:n-2"]);
  });

  it("shows what was refused until the officer has seen it, and goes on with the next", async () => {
    const queue = new CheckInQueue(new MemoryShelf(), async (body, key) => {
      if (key === "1") throw refusal("patrol.check_in.too_far");
      return answer(body.code);
    });
    queue.add(read("1"));
    queue.add(read("2"));
    expect(await queue.flush("lin")).toBe(1);
    expect(queue.items).toMatchObject([{ key: "1", refused: { key: "patrol.check_in.too_far" } }]);
    expect(await queue.flush("lin")).toBe(0);
    queue.dismiss("1");
    expect(queue.items).toEqual([]);
  });

  it("waits while another tab sends the same check-in", async () => {
    const queue = new CheckInQueue(new MemoryShelf(), async () => {
      throw refusal("http.idempotency.running", 409);
    });
    queue.add(read("1"));
    await queue.flush("lin");
    expect(queue.items).toMatchObject([{ refused: null, attempts: 1 }]);
  });

  it("never sends one person's visit under another's name", async () => {
    const sent: string[] = [];
    const queue = new CheckInQueue(new MemoryShelf(), async (body, key) => {
      sent.push(key);
      return answer(body.code);
    });
    queue.add(read("1", "lin"));
    queue.add(read("2", "chen"));
    expect(await queue.flush("chen")).toBe(1);
    expect(sent).toEqual(["2"]);
    expect(queue.items.map((one: QueuedCheckIn) => one.actor)).toEqual(["lin"]);
  });

  it("loses nothing of what another tab put beside it", () => {
    const shelf = new MemoryShelf();
    const send = async (body: SendCheckIn) => answer(body.code);
    const [here, there] = [new CheckInQueue(shelf, send), new CheckInQueue(shelf, send)];
    there.add(read("1"));
    here.reread();
    here.add(read("2"));
    expect(new CheckInQueue(shelf, send).items.map((one) => one.key)).toEqual(["1", "2"]);
  });

  it("outlives the page, and refuses more than it may hold", () => {
    const shelf = new MemoryShelf();
    const send = async (body: SendCheckIn) => answer(body.code);
    const queue = new CheckInQueue(shelf, send);
    for (let i = 0; i < CHECK_INS_MAX; i += 1) expect(queue.add(read(String(i)))).toBe(true);
    expect(queue.add(read("one too many"))).toBe(false);
    expect(new CheckInQueue(shelf, send).items).toHaveLength(CHECK_INS_MAX);
  });
});
