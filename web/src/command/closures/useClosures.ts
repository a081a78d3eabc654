// What is closed, and what a person is drawing to close. Never optimistic: a road is closed when the server says so.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { closures as calls } from "../../app/api/calls.way";
import type { Id, Wgs84 } from "../../app/api/types";
import type { Closure } from "../../app/api/types.way";

export const CLOSURES = ["closures"];
/** As the server has it. */
export const POINTS_MAX = 50;
const AGAIN_MS = 60_000;

/** Those whose time has not come: an end is no event. */
export function inForce(all: Closure[], now_ms: number): Closure[] {
  return all.filter((closure) => closure.until_us > now_ms * 1000);
}

export function useClosures(now_ms: number) {
  const client = useQueryClient();
  const list = useQuery({ queryKey: CLOSURES, queryFn: calls.list, refetchInterval: AGAIN_MS });
  const [drawn, setDrawn] = useState<Wgs84[] | null>(null);
  const settled = () => {
    for (const name of ["closures", "recommendations", "advice"])
      void client.invalidateQueries({ queryKey: [name] });
  };
  const make = useMutation({
    mutationFn: calls.make,
    onSuccess: () => setDrawn(null),
    onSettled: settled,
  });
  const lift = useMutation({ mutationFn: (id: Id) => calls.lift(id), onSettled: settled });
  return {
    list,
    items: useMemo(() => inForce(list.data?.items ?? [], now_ms), [list.data, now_ms]),
    drawn,
    isDrawing: drawn !== null,
    begin: () => {
      make.reset();
      lift.reset();
      setDrawn([]);
    },
    add: (place: Wgs84) =>
      setDrawn((old) => (old === null || old.length >= POINTS_MAX ? old : [...old, place])),
    undo: () => setDrawn((old) => old?.slice(0, -1) ?? null),
    cancel: () => setDrawn(null),
    make,
    lift,
  };
}

export type Closing = ReturnType<typeof useClosures>;
