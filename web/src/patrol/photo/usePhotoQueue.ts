// The phone's one queue of photos, for the job's card and for the notice that outlives it.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { sendPhoto } from "../../app/api/calls.photos";
import { newKey } from "../../app/api/client";
import type { Id, MyAssignment } from "../../app/api/types";
import type { SendPhoto } from "../../app/api/types.photos";
import { useSession } from "../../app/session";
import { useFlushing } from "../flushing";
import { PhotoQueue, type QueuedPhoto } from "./photoQueue";
import { IndexedShelf } from "./pictureShelf";
import { shrinkTo } from "./shrink";

/** How much of a photo has left the phone, 0 to 1. */
export interface OnItsWay {
  key: string;
  share: number;
}

/** Null while none is being sent. */
let share: OnItsWay | null = null;
const listeners = new Set<() => void>();
function setShare(next: OnItsWay | null): void {
  share = next;
  for (const tell of listeners) tell();
}
const subscribeShare = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

let onTaken: (incident: Id) => void = () => undefined;

const queue = new PhotoQueue(
  window.localStorage,
  new IndexedShelf(),
  async (item, picture) => {
    try {
      return await sendPhoto(item.assignment, { photo: item.key, ...item.said }, picture, (part) =>
        setShare({ key: item.key, share: part }),
      );
    } finally {
      setShare(null);
    }
  },
  (item) => onTaken(item.incident),
);

export type Said = Omit<SendPhoto, "photo" | "taken_at_us">;

export interface Photos {
  items: QueuedPhoto[];
  share: OnItsWay | null;
  /** False when the phone holds as many as it may. Throws when its storage refuses. */
  take: (mine: MyAssignment, picture: Blob, said: Said) => Promise<boolean>;
  giveUp: (key: string) => void;
  sendAgain: (key: string) => void;
  /** False when the phone cannot make it smaller. */
  sendSmaller: (key: string) => Promise<boolean>;
  retry: () => void;
}

export function usePhotos(): Photos {
  const { me } = useSession();
  const client = useQueryClient();
  const actor = me?.id ?? "";
  const items = useSyncExternalStore(queue.subscribe, () => queue.items);
  const sending = useSyncExternalStore(subscribeShare, (): OnItsWay | null => share);

  const retry = useCallback(async () => void (await queue.flush(actor)), [actor]);

  useEffect(() => {
    onTaken = (incident) => void client.invalidateQueries({ queryKey: ["photos", incident] });
  }, [client]);

  return {
    items: items.filter((one) => one.actor === actor),
    share: sending,
    take: async ({ assignment, incident }, picture, said) => {
      const now_us = Date.now() * 1000;
      const isKept = await queue.keep(
        {
          key: newKey(),
          actor,
          assignment: assignment.id,
          incident: incident.id,
          said: { ...said, taken_at_us: now_us },
          bytes: picture.size,
          queued_at_us: now_us,
        },
        picture,
      );
      void retry();
      return isKept;
    },
    giveUp: (key) => void queue.giveUp(key),
    sendAgain: (key) => {
      queue.sendAgain(key);
      void retry();
    },
    sendSmaller: async (key) => {
      const isSmaller = await queue.sendSmaller(key, shrinkTo);
      if (isSmaller) void retry();
      return isSmaller;
    },
    retry: () => void retry(),
  };
}

/** Empties the queue while the page is open, whatever job is shown. */
export function usePhotoFlushing(photos: Photos): void {
  const { retry } = photos;
  const { me } = useSession();
  const actor = me?.id ?? "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: the queue is one; only who sends changes.
  const flush = useCallback(async () => {
    retry();
    // A phone without a database of its own has nothing to sweep.
    await queue.sweep().catch(() => undefined);
  }, [actor]);
  useFlushing(queue, flush);
}
