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
  /** How often the server broke it off because it came too slowly. */
  slow?: number;
  /** The longer side that it was made smaller to; absent: as it was taken. */
  side_px?: number;
}

export type NewPhoto = Omit<QueuedPhoto, "attempts" | "refused">;
export type SendBytes = (item: QueuedPhoto, picture: Blob) => Promise<Photo>;

const SHELF_KEY = "shouhu-photos";
/** Some ten megabytes of shrunk pictures. */
export const PHOTOS_WAITING_MAX = 20;
/** Each try takes a minute of a line that others need, and the photos behind wait; then the officer decides. */
export const SLOW_MAX = 3;
/** What a picture that is too much for the line can be made smaller to, one after the other. */
const SMALLER_PX = [1280, 800] as const;

const REQUEST_TIMEOUT = 408;
const TOO_SLOW = "photo.too_slow";
const tooSlow = () =>
  new ApiError({
    type: "about:blank",
    title: "too slow",
    // Not 408: that would be worth another try.
    status: 422,
    key: TOO_SLOW,
    params: { count: SLOW_MAX },
  });

/** Given up because of the line, not of the picture: it can be sent again, and smaller. */
export const isTooSlow = (item: QueuedPhoto): boolean => item.refused?.key === TOO_SLOW;

/** The next smaller side; null: smaller than that shows nothing. */
export function nextSide({ side_px }: Pick<QueuedPhoto, "side_px">): number | null {
  return SMALLER_PX.find((side) => side_px === undefined || side < side_px) ?? null;
}

/** A picture with its longer side at most so long; null where the phone cannot read it. */
export type MakeSmaller = (picture: Blob, side_px: number) => Promise<Blob | null>;

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
    const counted = (item: QueuedPhoto, error: unknown) => this.counted(item, error);
    super({
      shelf,
      shelfKey: SHELF_KEY,
      max: PHOTOS_WAITING_MAX,
      send: async (item) => {
        const picture = await pictures.get(item.key);
        if (!picture) throw LOST;
        try {
          return await send(item, picture);
        } catch (error) {
          throw counted(item, error);
        }
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

  /** The server waits a minute for a body. What has failed of that several times will fail again until something is changed. */
  private counted(item: QueuedPhoto, error: unknown): unknown {
    if (!(error instanceof ApiError) || error.status !== REQUEST_TIMEOUT) return error;
    const slow = (item.slow ?? 0) + 1;
    this.change(item.key, { slow });
    return slow < SLOW_MAX ? error : tooSlow();
  }

  /** The officer has found a better line. */
  sendAgain(key: string): void {
    this.change(key, { refused: null, slow: 0, attempts: 0 });
  }

  /** False when the phone cannot make it smaller; nothing has changed then. The id stays: whichever arrives first is the photo. */
  async sendSmaller(key: string, make: MakeSmaller): Promise<boolean> {
    const item = this.items.find((one) => one.key === key);
    const side_px = item ? nextSide(item) : null;
    const picture = await this.pictures.get(key);
    const made = side_px !== null && picture ? await make(picture, side_px) : null;
    if (side_px === null || !picture || !made || made.size >= picture.size) return false;
    // The bytes first: a page that is killed here still asks, of a picture that is smaller by now.
    await this.pictures.put(key, made);
    this.change(key, { side_px, bytes: made.size });
    this.sendAgain(key);
    return true;
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
