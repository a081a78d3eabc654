// Closed roads, and the way of the own unit.

import { ask, newKey } from "./client";
import type { Id, Micros, Wgs84 } from "./types";
import type { CloseRoad, Closure, MyWay } from "./types.way";

const post = <R>(path: string, json: unknown = {}) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

export const closures = {
  list: () => ask<{ items: Closure[] }>("/v1/map/closures"),
  make: (body: CloseRoad) => post<Closure>("/v1/map/closures", body),
  lift: (id: Id) => post<{ id: Id; lifted_at_us: Micros }>(`/v1/map/closures/${id}/lift`),
};

export const way = {
  mine: (assignment: Id, from: Wgs84 | null, language: "zh-TW" | "en", signal?: AbortSignal) =>
    ask<MyWay>("/v1/assignments/mine/way", {
      query: { assignment, language, ...(from ? { lon: from.lon, lat: from.lat } : {}) },
      ...(signal ? { signal } : {}),
    }),
};
