// Partners' feeds: their mappings, sites and files.

import { ask, newKey, pathWithQuery } from "./client";
import type { Page } from "./types";
import type * as F from "./types.feeds";

const FEEDS = "/v1/sightings/feeds";
const at = (name: string, rest: string) => `${FEEDS}/${encodeURIComponent(name)}${rest}`;

const PAGES_MAX = 10;

/** All of them: a city has dozens. */
async function list(): Promise<F.Feed[]> {
  const found: F.Feed[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next: Page<F.Feed> = await ask(FEEDS, { query: { limit: 200, cursor } });
    found.push(...next.items);
    cursor = next.next_cursor;
    if (!cursor) break;
  }
  return found;
}

export const feeds = {
  list,
  define: (json: F.DefineFeed) => ask<F.Feed>(FEEDS, { method: "POST", json, idempotencyKey: newKey() }),
  end: (name: string) =>
    ask<F.Feed>(at(name, "/end"), { method: "POST", json: {}, idempotencyKey: newKey() }),
  sites: async (name: string) => (await ask<Page<F.FeedSite>>(at(name, "/sites"))).items,
  replaceSites: (name: string, file: Blob) =>
    ask<Page<F.FeedSite>>(at(name, "/sites"), {
      method: "POST",
      raw: file,
      contentType: "application/octet-stream",
    }),
  files: (name: string, cursor: string | null) =>
    ask<Page<F.FeedPush>>(at(name, "/files"), { query: { cursor, limit: 20 } }),
  /** Where a file goes; a person wants to see how much of it has. */
  uploadPath: (name: string, file_name: string, dry_run: boolean) =>
    pathWithQuery(at(name, "/files"), { dry_run, file_name }),
};
