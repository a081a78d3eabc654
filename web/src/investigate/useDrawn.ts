// What the map shows: the question while it is made, the answer once it is there, one selection for both.

import { useMemo } from "react";
import type { Camera, Id, Wgs84 } from "../app/api/types";
import type { Count, Spot } from "../app/api/types.lake";
import type { Overlays } from "../map/MapPane";
import {
  areaFeatures,
  CLUSTER_FROM,
  cameraChoices,
  countFeatures,
  dotFeatures,
  legFeatures,
  placeFeatures,
  wayFeatures,
} from "../map/questionFeatures";
import type { Answer, Question } from "./answer";
import { type AnyRow, oldestFirst, placesOf } from "./answers/rows";
import { byPlace } from "./answers/time";
import { ringOf } from "./area";
import type { Draft, Kind } from "./questions";

/** Places that can be told apart on a map of a city. */
const PLACES_MAX = 120;

export const countId = (count: Count) =>
  count.camera ?? count.cell ?? `${count.position?.lon},${count.position?.lat}`;

interface Told {
  kind: Kind;
  draft: Draft;
  question: Question | null;
  answer: Answer | null;
  rows: AnyRow[];
  chosen: string | null;
  shared: Spot[];
  cameras: Camera[];
  /** Cameras that are not chosen are shown too, to be chosen. */
  isPicking: boolean;
}

/** Kinds whose cameras are chosen on the map. */
export function picksCameras(kind: Kind): boolean {
  return kind === "cameras" || kind === "passed";
}

export function hasMap(kind: Kind, draft: Draft): boolean {
  return !(kind === "counts" && draft.by === "hour");
}

function spotsOf(kind: Kind, rows: AnyRow[], chosen: string | null, shared: Spot[]): Spot[] {
  if (shared.length > 0) return shared;
  if (kind === "passed") {
    const one = rows.find((row) => row.id === chosen);
    // Until one is chosen, where each of them began.
    return one ? one.spots : rows.flatMap((row) => row.spots.slice(0, 1));
  }
  return rows.flatMap((row) => row.spots);
}

/** Too many signs to tell apart: the map gathers them. */
function isTooMuch(spots: Spot[]): boolean {
  const places = new Set(spots.map((spot) => `${spot.position?.lon} ${spot.position?.lat}`));
  return spots.length > CLUSTER_FROM || places.size > PLACES_MAX;
}

export function useDrawn({ kind, draft, question, answer, rows, chosen, shared, cameras, isPicking }: Told) {
  const spots = useMemo(
    () => (answer ? oldestFirst(spotsOf(kind, rows, chosen, shared)) : []),
    [answer, kind, rows, chosen, shared],
  );
  const isCrowd = useMemo(() => isTooMuch(spots), [spots]);
  const isOneVehicle = useMemo(() => new Set(rows.map((row) => row.plate)).size === 1, [rows]);

  const path = useMemo(() => {
    if (isCrowd) return [];
    const pairOf = kind === "passed" && chosen !== null;
    const ways =
      answer?.shape === "legs"
        ? legFeatures(answer.items)
        : (kind === "history" && isOneVehicle) || pairOf
          ? wayFeatures(spots)
          : [];
    const isNumbered =
      shared.length > 0 || kind === "history" || kind === "trajectory" || kind === "meetings" || pairOf;
    return [...ways, ...placeFeatures(spots, chosen, isNumbered)];
  }, [answer, kind, spots, isCrowd, isOneVehicle, chosen, shared]);
  const dots = useMemo(() => (isCrowd ? dotFeatures(spots) : []), [spots, isCrowd]);

  const places = useMemo(() => (answer?.shape === "counts" ? byPlace(answer.items) : []), [answer]);
  const cells = useMemo(() => countFeatures(places, countId, chosen), [places, chosen]);

  const { area } = draft;
  const areas = useMemo(() => {
    if (kind !== "area") return [];
    const corners = area.kind === "polygon" ? area.corners : area.centre ? [area.centre] : [];
    return areaFeatures(ringOf(area), corners);
  }, [kind, area]);

  const { cameras: first, later } = draft;
  const signs = useMemo(() => {
    if (!picksCameras(kind)) return [];
    const second = kind === "passed" ? later : [];
    const shown = isPicking ? cameras : cameras.filter((c) => first.includes(c.id) || second.includes(c.id));
    return cameraChoices(shown, first, second);
  }, [kind, cameras, first, later, isPicking]);

  const overlays: Overlays = { areas, cells, cameras: signs, path, dots };
  const inView: Wgs84[] = useMemo(() => {
    if (answer?.shape === "counts")
      return places.slice(0, 300).flatMap((c) => (c.position ? [c.position] : []));
    return placesOf(spots);
  }, [answer, places, spots]);
  const selected = useMemo((): Wgs84 | null => {
    if (chosen === null) return null;
    const count = places.find((c) => countId(c) === chosen);
    if (count) return count.position;
    return rows.find((row) => row.id === chosen)?.spots[0]?.position ?? null;
  }, [chosen, places, rows]);
  const fit = {
    key: `${question?.nonce ?? ""} ${kind} ${rows.length} ${shared[0]?.id ?? ""} ${kind === "passed" ? chosen : ""}`,
    places: inView,
  };
  return { overlays, fit, selected, places };
}

export function toggled(ids: Id[], id: Id): Id[] {
  return ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];
}

export type Drawn = ReturnType<typeof useDrawn>;
