import { describe, expect, it } from "vitest";
import { ApiError, OfflineError } from "../../app/api/client";
import type { Photo } from "../../app/api/types.photos";
import { type NewPhoto, PHOTOS_WAITING_MAX, PhotoQueue } from "./photoQueue";
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
