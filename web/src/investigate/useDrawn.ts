// What the map shows: the question while it is made, the answer once it is there, one selection for both.

import { useMemo } from "react";
import type { Camera, Id, Wgs84 } from "../app/api/types";
import type { Count, Passing } from "../app/api/types.lake";
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

export const countId = (count: Count) => count.camera ?? `${count.position?.lon},${count.position?.lat}`;

interface Told {
  kind: Kind;
  draft: Draft;
  question: Question | null;
  answer: Answer | null;
  rows: AnyRow[];
  chosen: string | null;
  shared: Passing[];
  cameras: Camera[];
}

/** Kinds whose cameras are chosen on the map. */
export function picksCameras(kind: Kind): boolean {
  return kind === "cameras" || kind === "passed";
}

export function hasMap(kind: Kind, draft: Draft): boolean {
  return !(kind === "counts" && draft.by === "hour");
}

function passagesOf(kind: Kind, rows: AnyRow[], chosen: string | null, shared: Passing[]): Passing[] {
  if (kind === "convoys" || kind === "plates") return shared;
  if (kind === "passed" || kind === "meetings") {
    const one = rows.find((row) => row.id === chosen);
    if (one) return one.passings;
    // Until one is chosen, where each of them happened.
    return rows.flatMap((row) => row.passings.slice(0, 1));
  }
  return rows.flatMap((row) => row.passings);
}

export function useDrawn({ kind, draft, question, answer, rows, chosen, shared, cameras }: Told) {
  const passings = useMemo(
    () => (answer ? oldestFirst(passagesOf(kind, rows, chosen, shared)) : []),
    [answer, kind, rows, chosen, shared],
  );
  const isCrowd = passings.length > CLUSTER_FROM;
  const isOneVehicle = useMemo(() => new Set(passings.map((p) => p.plate)).size === 1, [passings]);

  const path = useMemo(() => {
    if (isCrowd) return [];
    const pairOf = kind === "passed" && chosen !== null;
    const ways =
      answer?.kind === "trajectory"
        ? legFeatures(answer.items)
        : (kind === "history" && isOneVehicle) || pairOf
          ? wayFeatures(passings)
          : [];
    const isNumbered = kind === "history" || kind === "trajectory" || pairOf;
    return [...ways, ...placeFeatures(passings, chosen, isNumbered)];
  }, [answer, kind, passings, isCrowd, isOneVehicle, chosen]);
  const dots = useMemo(() => (isCrowd ? dotFeatures(passings) : []), [passings, isCrowd]);

  const places = useMemo(() => (answer?.kind === "counts" ? byPlace(answer.items) : []), [answer]);
  const cells = useMemo(() => countFeatures(places, countId, chosen), [places, chosen]);

  const { area } = draft;
  const areas = useMemo(() => {
    if (kind !== "area") return [];
    const corners = area.kind === "polygon" ? area.corners : area.centre ? [area.centre] : [];
    return areaFeatures(ringOf(area), corners);
  }, [kind, area]);

  const { cameras: first, later } = draft;
  const signs = useMemo(
    () => (picksCameras(kind) ? cameraChoices(cameras, first, kind === "passed" ? later : []) : []),
    [kind, cameras, first, later],
  );

  const overlays: Overlays = { areas, cells, cameras: signs, path, dots };
  const inView: Wgs84[] = useMemo(() => {
    if (answer?.kind === "counts")
      return places.slice(0, 300).flatMap((c) => (c.position ? [c.position] : []));
    return placesOf(passings);
  }, [answer, places, passings]);
  const selected = useMemo((): Wgs84 | null => {
    if (chosen === null) return null;
    const count = places.find((c) => countId(c) === chosen);
    if (count) return count.position;
    return rows.find((row) => row.id === chosen)?.passings[0]?.position ?? null;
  }, [chosen, places, rows]);
  const fit = {
    key: `${question?.nonce ?? ""} ${kind} ${rows.length} ${shared[0]?.id ?? ""}`,
    places: inView,
  };
  return { overlays, fit, selected, places };
}

export function toggled(ids: Id[], id: Id): Id[] {
  return ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];
}
