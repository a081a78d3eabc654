// All cameras of the register, page by page: a city has thousands.

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { ask } from "../app/api/client";
import type { Camera, Id, Page } from "../app/api/types";

const PAGE = 5_000;
const PAGES_MAX = 8;

async function all(): Promise<Camera[]> {
  const found: Camera[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next: Page<Camera> = await ask("/v1/cameras", { query: { limit: PAGE, cursor } });
    found.push(...next.items);
    cursor = next.next_cursor;
    if (!cursor) break;
  }
  return found;
}

export function useAllCameras(isWanted: boolean) {
  const query = useQuery({
    queryKey: ["cameras", "all"],
    enabled: isWanted,
    queryFn: all,
    staleTime: 600_000,
  });
  const byId = useMemo(() => new Map(query.data?.map((camera) => [camera.id, camera])), [query.data]);
  return { cameras: query.data ?? [], byId, isLoading: query.isLoading, error: query.error };
}

const plain = (text: string) => text.normalize("NFKC").toLowerCase().replaceAll("台", "臺");

/** Those whose name has every word, those that begin with it first. */
export function findCameras(cameras: Camera[], typed: string, most: number): Camera[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const [first = ""] = words;
  const found: Camera[] = [];
  const later: Camera[] = [];
  for (const camera of cameras) {
    const name = plain(camera.name);
    if (!words.every((word) => name.includes(word))) continue;
    if (name.startsWith(first)) found.push(camera);
    else later.push(camera);
    if (found.length >= most) break;
  }
  return [...found, ...later].slice(0, most);
}

export function nameOf(byId: Map<Id, Camera>, id: Id): string {
  return byId.get(id)?.name ?? id.slice(0, 8);
}
