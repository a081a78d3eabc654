// Asks for places while somebody types, at most a few times a second, and only about the text that stands there now.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { dispatch } from "../../app/api/calls";
import { ApiError } from "../../app/api/client";
import type { Wgs84 } from "../../app/api/types";
import type { FoundPlaces } from "../../app/api/types.places";
import { isAsked } from "./places";

/** Between the last key and the question: a practised typist's pause. */
const PAUSE_MS = 250;
/** Callers' words stay no longer in this machine's memory than a call lasts. */
const FORGOTTEN_MS = 60_000;
/** The index is being built after a start or an import. */
const AGAIN_MAX = 5;

interface Asked {
  text: string;
  near: Wgs84 | null;
}

export interface PlacesFound {
  /** Of the text as it stands now; null while there is none, or it is not worth asking. */
  found: FoundPlaces | null;
  near: Wgs84 | null;
  isAsking: boolean;
  error: Error | null;
}

/** `where`: where she looks; asked once a question, so that a map that follows the answers asks nothing again. */
export function usePlaces(text: string, isOn: boolean, where: () => Wgs84 | null): PlacesFound {
  const wanted = isOn && isAsked(text) ? text.trim() : "";
  const [asked, setAsked] = useState<Asked>({ text: "", near: null });
  const look = useRef(where);
  look.current = where;
  useEffect(() => {
    const timer = setTimeout(() => setAsked({ text: wanted, near: look.current() }), wanted ? PAUSE_MS : 0);
    return () => clearTimeout(timer);
  }, [wanted]);
  const query = useQuery({
    queryKey: ["places", asked.text, asked.near?.lon, asked.near?.lat],
    queryFn: ({ signal }) => dispatch.places(asked.text, asked.near, signal),
    enabled: asked.text !== "",
    staleTime: FORGOTTEN_MS,
    gcTime: FORGOTTEN_MS,
    retry: (count, error) => error instanceof ApiError && error.status === 503 && count < AGAIN_MAX,
    retryDelay: 3_000,
  });
  const isNow = wanted !== "" && asked.text === wanted;
  return {
    found: isNow ? (query.data ?? null) : null,
    near: asked.near,
    isAsking: wanted !== "" && (!isNow || query.isFetching),
    error: isNow ? query.error : null,
  };
}
