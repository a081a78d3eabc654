import { describe, expect, it } from "vitest";
import { StreamCursor } from "./streamCursor";

describe("the live stream's place", () => {
  it("starts without a place and goes on after the last event", () => {
    const cursor = new StreamCursor();
    expect(cursor.url()).toBe("/v1/events");
    cursor.accept({ seq: 41, id: "a" });
    cursor.accept({ seq: 44, id: "b" });
    expect(cursor.url()).toBe("/v1/events?after=44");
  });

  it("takes an event delivered twice once", () => {
    const cursor = new StreamCursor();
    expect(cursor.accept({ seq: 7, id: "a" })).toBe(true);
    expect(cursor.accept({ seq: 7, id: "a" })).toBe(false);
    expect(cursor.accept({ seq: 6, id: "z" })).toBe(false);
  });

  it("does not let positions, which have no place in the order, move the place", () => {
    const cursor = new StreamCursor();
    cursor.accept({ seq: 7, id: "a" });
    expect(cursor.accept({ seq: 0, id: "p1" })).toBe(true);
    expect(cursor.accept({ seq: 0, id: "p1" })).toBe(false);
    expect(cursor.lastSeq).toBe(7);
  });

  it("goes on from the greeting when the line breaks before the first event", () => {
    const cursor = new StreamCursor();
    cursor.hello(50);
    expect(cursor.url()).toBe("/v1/events?after=50");
    cursor.accept({ seq: 53, id: "a" });
    cursor.hello(50);
    expect(cursor.lastSeq).toBe(53);
  });

  it("forgets its place when the server says so", () => {
    const cursor = new StreamCursor();
    cursor.accept({ seq: 900, id: "a" });
    cursor.resync(12);
    expect(cursor.accept({ seq: 13, id: "b" })).toBe(true);
    cursor.resync(null);
    expect(cursor.url()).toBe("/v1/events");
  });

  it("waits longer after each failure, up to a bound, and starts over once it was open", () => {
    const cursor = new StreamCursor();
    const waits = Array.from({ length: 8 }, () => cursor.failed(0));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    cursor.opened();
    expect(cursor.failed(0)).toBe(1000);
    expect(cursor.failed(1)).toBe(2600);
  });
});
