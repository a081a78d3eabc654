// The bytes of photos that wait, in the phone's own database: local storage holds text only, and too little of it.
//
// They lie there as the browser keeps them, not locked by us: a key would have to lie beside them. What protects them is the
// phone's own encryption and that they are gone as soon as the server has them, or the officer gives them up.

import type { Id } from "../../app/api/types";

export interface PictureShelf {
  put(id: Id, picture: Blob): Promise<void>;
  /** Null when there is none: the browser may have cleared its storage. */
  get(id: Id): Promise<Blob | null>;
  drop(id: Id): Promise<void>;
  ids(): Promise<Id[]>;
}

const DATABASE = "shouhu-photos";
const PICTURES = "pictures";

/** Some browsers lose blobs of a private tab; bytes they keep. */
interface Kept {
  bytes: ArrayBuffer;
  type: string;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the phone's database failed"));
  });
}

export class IndexedShelf implements PictureShelf {
  private opened: Promise<IDBDatabase> | null = null;

  private database(): Promise<IDBDatabase> {
    if (!this.opened) {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(PICTURES);
      this.opened = done(request);
      // A database that does not open now may do so at the next photo.
      this.opened.catch(() => {
        this.opened = null;
      });
    }
    return this.opened;
  }

  private async pictures(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    return (await this.database()).transaction(PICTURES, mode).objectStore(PICTURES);
  }

  async put(id: Id, picture: Blob): Promise<void> {
    const kept: Kept = { bytes: await picture.arrayBuffer(), type: picture.type };
    const store = await this.pictures("readwrite");
    // Only a finished transaction is on the disk.
    const written = new Promise<void>((resolve, reject) => {
      store.transaction.oncomplete = () => resolve();
      store.transaction.onabort = () => reject(store.transaction.error ?? new Error("the phone is full"));
    });
    store.put(kept, id);
    await written;
  }

  async get(id: Id): Promise<Blob | null> {
    const store = await this.pictures("readonly");
    const kept: Kept | undefined = await done(store.get(id));
    return kept ? new Blob([kept.bytes], { type: kept.type }) : null;
  }

  async drop(id: Id): Promise<void> {
    await done((await this.pictures("readwrite")).delete(id));
  }

  async ids(): Promise<Id[]> {
    return (await done((await this.pictures("readonly")).getAllKeys())) as Id[];
  }
}
