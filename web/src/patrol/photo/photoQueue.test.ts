import { describe, expect, it } from "vitest";
import { ApiError, OfflineError } from "../../app/api/client";
import type { Photo } from "../../app/api/types.photos";
import {
  isTooSlow,
  type NewPhoto,
  nextSide,
  PHOTOS_WAITING_MAX,
  PhotoQueue,
  type QueuedPhoto,
  SLOW_MAX,
} from "./photoQueue";
import type { PictureShelf } from "./pictureShelf";

class MemoryShelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

class MemoryPictures implements PictureShelf {
  kept = new Map<string, Blob>();
  put = async (id: string, picture: Blob) => void this.kept.set(id, picture);
  get = async (id: string) => this.kept.get(id) ?? null;
  drop = async (id: string) => void this.kept.delete(id);
  ids = async () => [...this.kept.keys()];
}

const taken = {} as Photo;
const picture = new Blob(["jpeg"], { type: "image/jpeg" });
const photo = (key: string, actor = "lin"): NewPhoto => ({
  key,
  actor,
  assignment: "a1",
  incident: "i1",
  said: { caption: "車頭" },
  bytes: picture.size,
  queued_at_us: 1,
});

describe("photos that wait", () => {
  it("are sent once with their bytes, which are gone from the phone after the server has them", async () => {
    const pictures = new MemoryPictures();
    const sent: string[] = [];
    let isUp = false;
    const queue = new PhotoQueue(
      new MemoryShelf(),
      pictures,
      async (item, bytes) => {
        if (!isUp) throw new OfflineError();
        sent.push(`${item.key} ${await bytes.text()}`);
        return taken;
      },
      () => undefined,
    );
    await queue.keep(photo("p1"), picture);
    expect(await queue.flush("lin")).toBe(0);
    expect(pictures.kept.size).toBe(1);
    isUp = true;
    expect(await queue.flush("lin")).toBe(1);
    expect(await queue.flush("lin")).toBe(0);
    expect(sent).toEqual(["p1 jpeg"]);
    expect(pictures.kept.size).toBe(0);
  });

  it("are not called lost when the page is killed after the server has them", async () => {
    const shelf = new MemoryShelf();
    const pictures = new MemoryPictures();
    pictures.drop = () => Promise.reject(new Error("killed"));
    const queue = new PhotoQueue(
      shelf,
      pictures,
      async () => taken,
      () => undefined,
    );
    await queue.keep(photo("p1"), picture);
    expect(await queue.flush("lin")).toBe(1);
    const after = new PhotoQueue(
      shelf,
      pictures,
      async () => taken,
      () => undefined,
    );
    expect(after.items).toEqual([]);
  });

  it("survive a reload of the page, bytes and all", async () => {
    const shelf = new MemoryShelf();
    const pictures = new MemoryPictures();
    const offline = async () => {
      throw new OfflineError();
    };
    await new PhotoQueue(shelf, pictures, offline, () => undefined).keep(photo("p1"), picture);
    const after = new PhotoQueue(
      shelf,
      pictures,
      async () => taken,
      () => undefined,
    );
    await after.sweep();
    await after.sweep();
    expect(after.items.map((one) => one.said.caption)).toEqual(["車頭"]);
    expect(await after.flush("lin")).toBe(1);
  });

  it("are told as lost when the browser has cleared the bytes, and do not hold up the next", async () => {
    const pictures = new MemoryPictures();
    const queue = new PhotoQueue(
      new MemoryShelf(),
      pictures,
      async () => taken,
      () => undefined,
    );
    await queue.keep(photo("p1"), picture);
    await queue.keep(photo("p2"), picture);
    pictures.kept.delete("p1");
    expect(await queue.flush("lin")).toBe(1);
    expect(queue.items.map((one) => [one.key, one.refused?.key])).toEqual([["p1", "photo.lost"]]);
  });

  it("are kept with the server's no until the officer has seen it", async () => {
    const pictures = new MemoryPictures();
    const no = new ApiError({ type: "x", title: "x", status: 415, key: "dispatch.photo.heic" });
    const queue = new PhotoQueue(
      new MemoryShelf(),
      pictures,
      async () => {
        throw no;
      },
      () => undefined,
    );
    await queue.keep(photo("p1"), picture);
    await queue.flush("lin");
    expect(queue.items[0]?.refused?.key).toBe("dispatch.photo.heic");
    await queue.giveUp("p1");
    expect([queue.items.length, pictures.kept.size]).toEqual([0, 0]);
  });

  it("are no more than a phone holds, and one too many leaves no bytes", async () => {
    const pictures = new MemoryPictures();
    const queue = new PhotoQueue(
      new MemoryShelf(),
      pictures,
      async () => taken,
      () => undefined,
    );
    for (let n = 0; n < PHOTOS_WAITING_MAX; n += 1)
      expect(await queue.keep(photo(`p${n}`), picture)).toBe(true);
    expect(await queue.keep(photo("more"), picture)).toBe(false);
    expect(pictures.kept.has("more")).toBe(false);
  });

  it("leave no bytes behind that nobody will send", async () => {
    const pictures = new MemoryPictures();
    const queue = new PhotoQueue(
      new MemoryShelf(),
      pictures,
      async () => taken,
      () => undefined,
    );
    await queue.keep(photo("p1"), picture);
    await pictures.put("broken off", picture);
    await queue.sweep();
    expect(pictures.kept.size).toBe(2);
    await queue.sweep();
    expect([...pictures.kept.keys()]).toEqual(["p1"]);
  });

  const slow = new ApiError({ type: "x", title: "x", status: 408, key: "http.body.slow" });

  it("are given up when the line was too slow several times, kept, and do not hold up the next", async () => {
    const shelf = new MemoryShelf();
    const pictures = new MemoryPictures();
    let tries = 0;
    const send = async (item: { key: string }) => {
      if (item.key === "p2") return taken;
      tries += 1;
      throw slow;
    };
    const make = () => new PhotoQueue(shelf, pictures, send, () => undefined);
    let queue = make();
    await queue.keep(photo("p1"), picture);
    await queue.keep(photo("p2"), picture);
    for (let flush = 1; flush < SLOW_MAX; flush += 1) expect(await queue.flush("lin")).toBe(0);
    expect(queue.items.map((one) => one.refused)).toEqual([null, null]);
    // The count outlives the page.
    queue = make();
    expect(await queue.flush("lin")).toBe(1);
    expect(queue.items.map((one) => [one.key, isTooSlow(one)])).toEqual([["p1", true]]);
    expect(pictures.kept.size).toBe(1);
    expect(await queue.flush("lin")).toBe(0);
    expect(tries).toBe(SLOW_MAX);
    queue.sendAgain("p1");
    await queue.flush("lin");
    expect([tries, isTooSlow(queue.items[0] as QueuedPhoto)]).toEqual([SLOW_MAX + 1, false]);
  });

  it("are not given up for a line that is away", async () => {
    const offline = async () => {
      throw new OfflineError();
    };
    const queue = new PhotoQueue(new MemoryShelf(), new MemoryPictures(), offline, () => undefined);
    await queue.keep(photo("p1"), picture);
    for (let flush = 0; flush < 3 * SLOW_MAX; flush += 1) await queue.flush("lin");
    expect(queue.items[0]?.refused).toBeNull();
  });

  it("go smaller under the same id, step by step, while the phone can make them smaller", async () => {
    const pictures = new MemoryPictures();
    const sent: string[] = [];
    let isSlow = true;
    const queue = new PhotoQueue(
      new MemoryShelf(),
      pictures,
      async (item, bytes) => {
        if (isSlow) throw slow;
        sent.push(`${item.key} ${await bytes.text()}`);
        return taken;
      },
      () => undefined,
    );
    await queue.keep(photo("p1"), new Blob(["as it was taken"]));
    for (let flush = 0; flush < SLOW_MAX; flush += 1) await queue.flush("lin");
    expect(await queue.sendSmaller("p1", async () => null)).toBe(false);
    expect(await queue.sendSmaller("p1", async (whole) => whole)).toBe(false);
    expect(queue.items.map(isTooSlow)).toEqual([true]);
    expect(await queue.sendSmaller("p1", async (_, side_px) => new Blob([`${side_px} px`]))).toBe(true);
    expect(queue.items.map((one) => [one.refused, one.slow, one.bytes])).toEqual([[null, 0, 7]]);
    expect(await queue.sendSmaller("p1", async (_, side_px) => new Blob([`${side_px} px`]))).toBe(true);
    expect(nextSide(queue.items[0] as QueuedPhoto)).toBeNull();
    isSlow = false;
    expect(await queue.flush("lin")).toBe(1);
    expect(sent).toEqual(["p1 800 px"]);
  });

  it("are sent only by the officer who took them", async () => {
    const queue = new PhotoQueue(
      new MemoryShelf(),
      new MemoryPictures(),
      async () => taken,
      () => undefined,
    );
    await queue.keep(photo("p1", "lin"), picture);
    expect(await queue.flush("chen")).toBe(0);
  });
});
