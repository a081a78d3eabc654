// Photos that were taken without a network: what is said of them waits with the other acts, their bytes in the phone's
// database. The id of a photo is made here, so that sending it twice is one photo.

import { ApiError } from "../../app/api/client";
import type { Id } from "../../app/api/types";
import type { Photo, SendPhoto } from "../../app/api/types.photos";
import { Outbox, type Shelf, type Waiting } from "../outbox";
import type { PictureShelf } from "./pictureShelf";

/** `key` is the photo's id. */
export interface QueuedPhoto extends Waiting {
  assignment: Id;
  incident: Id;
  said: Omit<SendPhoto, "photo">;
  bytes: number;
}

export type NewPhoto = Omit<QueuedPhoto, "attempts" | "refused">;
export type SendBytes = (item: QueuedPhoto, picture: Blob) => Promise<Photo>;

const SHELF_KEY = "shouhu-photos";
/** Some ten megabytes of shrunk pictures. */
export const PHOTOS_WAITING_MAX = 20;

/** The browser cleared its storage: nobody can send it any more, and the officer is told. */
const LOST = new ApiError({ type: "about:blank", title: "lost", status: 410, key: "photo.lost" });

export class PhotoQueue extends Outbox<QueuedPhoto, Photo> {
  private suspects = new Set<Id>();
  private readonly sent: string[];

  constructor(
    shelf: Shelf,
    private readonly pictures: PictureShelf,
    send: SendBytes,
    onTaken: (item: QueuedPhoto, photo: Photo) => void | Promise<void>,
  ) {
    const sent: string[] = [];
    super({
      shelf,
      shelfKey: SHELF_KEY,
      max: PHOTOS_WAITING_MAX,
      send: async (item) => {
        const picture = await pictures.get(item.key);
        if (!picture) throw LOST;
        return send(item, picture);
      },
      onTaken: async (item, photo) => {
        await onTaken(item, photo);
        sent.push(item.key);
      },
    });
    this.sent = sent;
  }

  /** The note goes before the bytes: a page that is killed in between has sent the photo, and does not call it lost. */
  override async flush(actor: Id): Promise<number> {
    const taken = await super.flush(actor);
    // What a phone does not give up now, the sweep finds.
    for (const key of this.sent.splice(0)) await this.pictures.drop(key).catch(() => undefined);
    return taken;
  }

  /** The bytes first: a note of a photo without its bytes would be a promise that nobody can keep. */
  async keep(item: NewPhoto, picture: Blob): Promise<boolean> {
    if (this.items.length >= PHOTOS_WAITING_MAX) return false;
    await this.pictures.put(item.key, picture);
    if (this.add(item)) return true;
    await this.pictures.drop(item.key);
    return false;
  }

  /** The officer gives it up, or has read why it was refused. */
  async giveUp(key: string): Promise<void> {
    this.dismiss(key);
    await this.pictures.drop(key);
  }

  /**
   * Drops bytes that no note names: a photo that was broken off between the two. Only at the second look, because another tab
   * may be between the two right now.
   */
  async sweep(): Promise<void> {
    this.reread();
    const named = new Set(this.items.map((one) => one.key));
    const unnamed = (await this.pictures.ids()).filter((id) => !named.has(id));
    for (const id of unnamed) {
      if (this.suspects.has(id)) await this.pictures.drop(id);
    }
    this.suspects = new Set(unnamed);
  }
}
