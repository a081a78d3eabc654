import { describe, expect, it } from "vitest";
import { OfflineError } from "../../app/api/client";
import { FULL, LOW, NonceStock } from "./nonceStock";

const HOUR_US = 3_600_000_000;

class MemoryShelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

/** A server that numbers its nonces and lets them live twelve hours; and its clock. */
function house() {
  const shelf = new MemoryShelf();
  const asked: number[] = [];
  const clock = { now_us: 1_000 * HOUR_US, isUp: true };
  let made = 0;
  const stock = new NonceStock(
    shelf,
    async (count) => {
      if (!clock.isUp) throw new OfflineError();
      asked.push(count);
      const nonces = Array.from({ length: count }, () => `n${made++}`);
      return { nonces, expires_at_us: clock.now_us + 12 * HOUR_US };
    },
    () => clock.now_us,
  );
  return { shelf, asked, clock, stock };
}

describe("the stock of nonces", () => {
  it("gives each once, the one that ends first before the others", async () => {
    const { stock } = house();
    await stock.refill("lin");
    expect([stock.take("lin"), stock.take("lin")]).toEqual(["n0", "n1"]);
    expect(stock.left("lin")).toBe(FULL - 2);
  });

  it("is filled up only below the mark", async () => {
    const { stock, asked } = house();
    await stock.refill("lin");
    while (stock.left("lin") > LOW) stock.take("lin");
    await stock.refill("lin");
    expect(asked).toEqual([FULL]);
    stock.take("lin");
    await stock.refill("lin");
    expect(asked).toEqual([FULL, FULL - LOW + 1]);
    expect(stock.left("lin")).toBe(FULL);
  });

  it("drops what has expired, or is about to", async () => {
    const { stock, clock } = house();
    await stock.refill("lin");
    clock.now_us += 12 * HOUR_US - 30_000_000;
    expect(stock.left("lin")).toBe(0);
    expect(stock.take("lin")).toBeNull();
  });

  it("belongs to one person", async () => {
    const { stock } = house();
    await stock.refill("lin");
    expect(stock.take("chen")).toBeNull();
    expect(stock.left("lin")).toBe(FULL);
  });

  it("survives the phone being switched off, and a lost line", async () => {
    const { stock, shelf, clock } = house();
    await stock.refill("lin");
    clock.isUp = false;
    await expect(stock.refill("chen")).rejects.toBeInstanceOf(OfflineError);
    const later = new NonceStock(
      shelf,
      async () => ({ nonces: [], expires_at_us: 0 }),
      () => clock.now_us,
    );
    expect(later.take("lin")).toBe("n0");
  });

  it("starts empty where the kept text is rubbish", () => {
    const { stock, shelf } = house();
    shelf.setItem("shouhu.nonces.lin", "[{]");
    expect(stock.left("lin")).toBe(0);
    shelf.setItem("shouhu.nonces.lin", '[null, 7, {"nonce": 3}]');
    expect(stock.take("lin")).toBeNull();
  });
});
