// One question, asked; one answer, page by page.

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { lake } from "../app/api/calls.lake";
import type { Grounds, Sighting } from "../app/api/types";
import type {
  AskedArea,
  Companion,
  Count,
  KnownPlate,
  Leg,
  Meeting,
  PartialNote,
  PassedBoth,
  Passing,
  TheftZone,
} from "../app/api/types.lake";
import { type Area, ringOf } from "./area";
import { readPlate, readPlates } from "./plateText";
import type { Draft, Kind } from "./questions";
import type { Window } from "./span";
import { readThefts } from "./thefts";

export interface Question {
  kind: Kind;
  draft: Draft;
  window: Window;
  grounds: Grounds;
  /** Asking the same again is another question, and another entry on the log. */
  nonce: number;
}

interface Rows {
  sightings: Sighting;
  passings: Passing;
  plates: KnownPlate;
  legs: Leg;
  companions: Companion;
  meetings: Meeting;
  pairs: PassedBoth;
  counts: Count;
  zones: TheftZone;
}
export type Shape = keyof Rows;

interface AnswerOf<S extends Shape> {
  shape: S;
  items: Rows[S][];
  partial: PartialNote[];
  hasMore: boolean;
}
export type Answer = { [S in Shape]: AnswerOf<S> }[Shape];

export function shapeOf(kind: Kind, draft: Draft): Shape {
  switch (kind) {
    case "history":
      return "sightings";
    case "cameras":
    case "area":
      return draft.listed === "plates" ? "plates" : "passings";
    case "plates":
    case "meetings":
    case "counts":
    case "zones":
      return kind;
    case "trajectory":
      return "legs";
    case "convoys":
      return "companions";
    case "passed":
      return "pairs";
  }
}

interface AnswerPage {
  items: unknown[];
  next_cursor: string | null;
  partial: PartialNote[];
}

const PAGE = 200;
/** Rows of a page of everybody; what has no pages has so many at most, and more is a matter for an export. */
const CROWD = 1_000;

export function askedArea(area: Area): AskedArea {
  if (area.kind === "h3") return area;
  if (area.kind === "circle" && area.centre) {
    return { kind: "circle", center: area.centre, radius_m: area.radius_m };
  }
  const ring = ringOf(area).map((p): [number, number] => [p.lon, p.lat]);
  const [first] = ring;
  // A GeoJSON ring ends where it began.
  return { kind: "polygon", coordinates: [first ? [...ring, first] : ring] };
}

type Asking = (
  question: Question,
  cursor: string | null,
  signal: AbortSignal,
) => Promise<{ items: unknown[]; next_cursor?: string | null; partial?: PartialNote[] }>;

const plateOf = (question: Question) => readPlate(question.draft.plate).text;

const ASKING: Record<Kind, Asking> = {
  history: (q, cursor, signal) =>
    lake.history({ plate: plateOf(q), ...q.window, ...q.draft.look, cursor, limit: PAGE }, q.grounds, signal),
  plates: (q, _, signal) =>
    lake.plates({ plate: plateOf(q), likeness: q.draft.likeness, limit: CROWD }, q.grounds, signal),
  cameras: (q, cursor, signal) => {
    const body = { cameras: q.draft.cameras, ...q.window, cursor, limit: CROWD };
    return q.draft.listed === "plates"
      ? lake.cameraPlates(body, q.grounds, signal)
      : lake.cameras({ ...body, ...q.draft.look }, q.grounds, signal);
  },
  area: (q, cursor, signal) => {
    const body = { area: askedArea(q.draft.area), ...q.window, cursor, limit: CROWD };
    return q.draft.listed === "plates"
      ? lake.areaPlates(body, q.grounds, signal)
      : lake.area({ ...body, ...q.draft.look }, q.grounds, signal);
  },
  trajectory: (q, _, signal) => lake.trajectory({ plate: plateOf(q), ...q.window }, q.grounds, signal),
  convoys: (q, _, signal) =>
    lake.convoys(
      {
        plate: plateOf(q),
        ...q.window,
        within_s: q.draft.within_s,
        cameras_min: q.draft.shared_min,
        limit: 500,
      },
      q.grounds,
      signal,
    ),
  meetings: (q, _, signal) =>
    lake.meetings(
      {
        plates: readPlates(q.draft.plates).map((p) => p.text),
        ...q.window,
        within_s: q.draft.meet_s,
        within_m: q.draft.near_m,
        limit: 500,
      },
      q.grounds,
      signal,
    ),
  passed: (q, _, signal) =>
    lake.passed(
      {
        first: q.draft.cameras,
        // biome-ignore lint/suspicious/noThenProperty: never awaited
        then: q.draft.later,
        ...q.window,
        within_s: q.draft.later_min * 60,
        limit: CROWD,
      },
      q.grounds,
      signal,
    ),
  counts: (q, _, signal) =>
    lake.counts(
      { by: q.draft.by, ...q.window, ...(q.draft.camera ? { camera: q.draft.camera } : {}) },
      q.grounds,
      signal,
    ),
  zones: (q, _, signal) =>
    lake.zones(
      {
        vehicles: readThefts(q.draft.thefts, q.nonce).thefts,
        resolution: Number(q.draft.resolution),
        look_days: q.draft.look_days,
        ...(q.draft.period === "all" ? {} : { period_days: Number(q.draft.period) }),
      },
      q.grounds,
      signal,
    ),
};

export function useAnswer(question: Question | null) {
  const query = useInfiniteQuery({
    queryKey: ["lake", question?.kind, question?.nonce],
    enabled: question !== null,
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }): Promise<AnswerPage> => {
      const asked = question as Question;
      const { items, next_cursor, partial } = await ASKING[asked.kind](asked, pageParam, signal);
      return { items, next_cursor: next_cursor ?? null, partial: partial ?? [] };
    },
    getNextPageParam: (last) => last.next_cursor,
    // Asking again is a new entry on the log; nothing here does it by itself.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 1_800_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
  const shape = question ? shapeOf(question.kind, question.draft) : null;
  const answer = useMemo((): Answer | null => {
    if (!query.data || !shape) return null;
    const { pages } = query.data;
    const notes = pages.flatMap((page) => page.partial);
    return {
      shape,
      items: pages.flatMap((page) => page.items),
      partial: notes.filter(
        (note, at) => notes.findIndex((n) => n.key === note.key && n.detail === note.detail) === at,
      ),
      hasMore: pages.at(-1)?.next_cursor != null,
    } as Answer;
  }, [query.data, shape]);
  return { ...query, answer };
}
