// Each request is signed with a key that this browser keeps and cannot give away: the session's cookie alone opens nothing.
// What is signed is described in the OpenAPI document under the security scheme "proof".

import { base64urlFromBytes } from "../base64url";

export const PROOF_HEADER = "shouhu-proof";
export const NONCE_HEADER = "shouhu-nonce";

const DATABASE = "shouhu-keys";
const STORE = "keys";
const NAME = "session";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const ID_BYTES = 16;
/** No server gives this one out: its refusal tells the right one. */
const NO_NONCE = "none";
/** The server takes a nonce for a minute at least after it was told. */
const NONCE_FRESH_MS = 50_000;

/** This browser has no keys that stay inside: it is too old, or the page did not come by https. */
export class NoKeysError extends Error {
  constructor() {
    super("this browser keeps no keys");
    this.name = "NoKeysError";
  }
}

export function keysPossible(): boolean {
  return typeof crypto !== "undefined" && !!crypto.subtle && typeof indexedDB !== "undefined";
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException("no store", "UnknownError"));
  });
}

async function openStore(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return settled(opening);
}

async function stored(): Promise<CryptoKeyPair | null> {
  const database = await openStore();
  try {
    const found = await settled(database.transaction(STORE).objectStore(STORE).get(NAME));
    return (found as CryptoKeyPair | undefined) ?? null;
  } finally {
    database.close();
  }
}

/** Of two tabs that make one at once, the first one's counts. */
async function made(): Promise<CryptoKeyPair> {
  const fresh = (await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"])) as CryptoKeyPair;
  try {
    const database = await openStore();
    try {
      const store = database.transaction(STORE, "readwrite").objectStore(STORE);
      const first = (await settled(store.get(NAME))) as CryptoKeyPair | undefined;
      if (first) return first;
      await settled(store.put(fresh, NAME));
    } finally {
      database.close();
    }
  } catch {
    // A browser that bars its stores keeps the key until the page is closed.
  }
  return fresh;
}

let known: Promise<CryptoKeyPair | null> | null = null;
let nonce = NO_NONCE;
let told_at = Number.NEGATIVE_INFINITY;

function keyOfThisBrowser(): Promise<CryptoKeyPair | null> {
  if (!keysPossible()) return Promise.resolve(null);
  known ??= stored().catch(() => null);
  return known;
}

/** Without one, nobody has signed in with this browser. */
export async function hasKey(): Promise<boolean> {
  return (await keyOfThisBrowser()) !== null;
}

/** The public half for a sign-in; makes the key when there is none. */
export async function sessionKey(): Promise<string> {
  if (!keysPossible()) throw new NoKeysError();
  const pair = (await keyOfThisBrowser()) ?? (await made());
  known = Promise.resolve(pair);
  return base64urlFromBytes(await crypto.subtle.exportKey("raw", pair.publicKey));
}

/** Another tab may have made the key since: it is looked for again. */
export function forgetKnownKey(): void {
  known = null;
}

/** Notes the nonce that an answer told; an answer without one confirms that which was used. */
export function heard(header: string | null, used: string | null): void {
  if (header) nonce = header;
  else if (used === null || used.split(".")[0] !== nonce) return;
  told_at = performance.now();
}

/** What was made with it was refused: the next one is asked for before it is needed. */
export function doubtNonce(): void {
  told_at = Number.NEGATIVE_INFINITY;
}

/** Whether a proof for something that cannot be tried again would be accepted. */
export function isNonceFresh(now = performance.now()): boolean {
  return nonce !== NO_NONCE && now - told_at < NONCE_FRESH_MS;
}

const utf8 = new TextEncoder();

async function bytesOf(body: BodyInit): Promise<ArrayBuffer> {
  // The browser knows best what it would send; a form would choose its boundary anew, and none is sent here.
  return new Response(body).arrayBuffer();
}

export async function hashOf(body: BodyInit | null | undefined): Promise<string> {
  const bytes = body === null || body === undefined ? null : await bytesOf(body);
  if (!bytes?.byteLength) return "-";
  return base64urlFromBytes(await crypto.subtle.digest("SHA-256", bytes));
}

/** As the server joins it: `proof_text` in base/wire. */
export function proofText(nonce: string, id: string, method: string, target: string, hash: string): string {
  return ["shouhu-proof-v1", nonce, id, method, target, hash].join("\n");
}

/** Path and query as they travel. */
export function targetOf(path: string, origin = window.location.origin): string {
  const url = new URL(path, origin);
  return url.pathname + url.search;
}

/** A proof for one request, or null where this browser has no key and so no session. */
export async function prove(method: string, path: string, body?: BodyInit | null): Promise<string | null> {
  const pair = await keyOfThisBrowser();
  if (!pair) return null;
  const [id, hash] = [
    base64urlFromBytes(crypto.getRandomValues(new Uint8Array(ID_BYTES))),
    await hashOf(body),
  ];
  const used = nonce;
  const text = utf8.encode(proofText(used, id, method, targetOf(path), hash));
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, text);
  return [used, id, hash, base64urlFromBytes(signature)].join(".");
}
