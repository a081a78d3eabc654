import { ask, newKey } from "./client";
import type { Id, Page } from "./types";
import type { RegisterLine, ReviewCameras } from "./types.register";

const PAGE = 5_000;
const post = <R>(path: string, json: unknown) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

/** All cameras: some thousands of short lines, which are searched and chosen together. */
async function all(signal?: AbortSignal): Promise<RegisterLine[]> {
  const lines: RegisterLine[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<RegisterLine> = await ask<Page<RegisterLine>>("/v1/cameras/register", {
      query: { limit: PAGE, cursor },
      ...(signal ? { signal } : {}),
    });
    lines.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return lines;
}

export const register = {
  all,
  review: (body: ReviewCameras) => post<{ cameras: number }>("/v1/cameras/reviews", body),
  end: (camera: Id, reason: string) => post<RegisterLine>(`/v1/cameras/${camera}/review/end`, { reason }),
};
