// The map goes to a place that stands in the address, once.

import { type RefObject, useEffect, useRef } from "react";
import type { Wgs84 } from "../../app/api/types";
import type { LiveMap } from "../../map/LiveMap";

/** The map's library comes after the page: whoever was on another page waits for it. */
export const LOOK_EACH_MS = 250;

/** `onFlown` is told when it went there, or when what stands there is no place. */
export function useFlight(
  map: RefObject<LiveMap | null>,
  fly: string | null,
  place: Wgs84 | null,
  onFlown: () => void,
): void {
  const latest = useRef({ place, onFlown });
  latest.current = { place, onFlown };
  useEffect(() => {
    if (fly === null) return;
    const look = () => {
      const { place: there, onFlown: tell } = latest.current;
      if (there && !map.current) return;
      clearInterval(timer);
      if (there) map.current?.flyTo(there);
      tell();
    };
    const timer = setInterval(look, LOOK_EACH_MS);
    look();
    return () => clearInterval(timer);
  }, [fly, map]);
}
