// Patrol boxes, the codes they carry, and check-ins.

import { ask, newKey, pathWithQuery } from "./client";
import type { Id, Page, Wgs84 } from "./types";
import type * as P from "./types.patrol";

const BOXES = "/v1/patrol/boxes";
const post = <R>(path: string, json: unknown = {}, idempotencyKey = newKey()) =>
  ask<R>(path, { method: "POST", json, idempotencyKey });

/** The server reads all boxes for each page, so few large pages: Tainan's 7,364 are four. */
const PAGE = 2_000;
/** 20,000 boxes: as many as one import takes. */
const PAGES_MAX = 10;

/** In a valley a request can hang for minutes; the phone's queue would rather try again, under the same key. */
const SEND_MAX_MS = 30_000;

export interface BoxQuery {
  q: string;
  station: string;
  state: string;
}

export interface All<T> {
  items: T[];
  /** The bound was reached; there are more. */
  isCut: boolean;
}

/** Every page up to the bound: map, list and file want the whole. */
async function every<T>(path: string, query: Record<string, string>, signal?: AbortSignal): Promise<All<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next: Page<T> = await ask(path, {
      query: { ...query, limit: PAGE, cursor },
      ...(signal ? { signal } : {}),
    });
    items.push(...next.items);
    cursor = next.next_cursor;
    if (!cursor) return { items, isCut: false };
  }
  return { items, isCut: true };
}

export const patrol = {
  summary: () => ask<P.PatrolSummary>("/v1/patrol/summary"),
  boxes: (query: BoxQuery, signal?: AbortSignal) => every<P.PatrolBox>(BOXES, { ...query }, signal),
  near: ({ lon, lat }: Wgs84, station: string, signal?: AbortSignal) =>
    ask<P.NearBoxes>(`${BOXES}/near`, { query: { lon, lat, station }, ...(signal ? { signal } : {}) }),
  note: (id: Id, note: string) => post<P.PatrolBox>(`${BOXES}/${id}/note`, { note }),
  retire: (id: Id) => post<P.PatrolBox>(`${BOXES}/${id}/retire`),
  restore: (id: Id) => post<P.PatrolBox>(`${BOXES}/${id}/restore`),
  reissue: (id: Id) => post<P.BoxCode>(`${BOXES}/${id}/reissue`),
  tag: (id: Id, uid: string) => post<P.TagKeys>(`${BOXES}/${id}/tag`, { uid }),
  device: (id: Id) => post<P.DeviceSecret>(`${BOXES}/${id}/device`),
  codes: (station: string, signal?: AbortSignal) => every<P.BoxCode>("/v1/patrol/codes", { station }, signal),
  /** Where a file of boxes goes; a person wants to see how much of it has. */
  importPath: (dry_run: boolean) => pathWithQuery(`${BOXES}/import`, { dry_run }),
  nonces: (count: number) => post<P.Nonces>("/v1/patrol/nonces", { count }),
  checkIn: (json: P.SendCheckIn, idempotencyKey: string) =>
    ask<P.CheckIn>("/v1/patrol/check-ins", {
      method: "POST",
      json,
      idempotencyKey,
      signal: AbortSignal.timeout(SEND_MAX_MS),
    }),
  checkIns: (station: string, doubtful: string, cursor: string | null) =>
    ask<Page<P.CheckIn>>("/v1/patrol/check-ins", { query: { station, doubtful, cursor, limit: 100 } }),
};
