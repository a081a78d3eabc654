// The map goes to whoever cries for help, unless a person is moving it: then it offers to.

import { type RefObject, useEffect, useRef, useState } from "react";
import type { Id, Unit, Wgs84 } from "../../app/api/types";
import type { Panic } from "../../app/api/types.choice";
import type { LiveMap } from "../../map/LiveMap";
import { placeOf } from "../../panic/panics";
import { LOOK_EACH_MS } from "./useFlight";

export interface PanicFlight {
  /** Where the map did not go, because somebody held it. */
  offer: Wgs84 | null;
  drop: () => void;
}

export function usePanicFlight(
  map: RefObject<LiveMap | null>,
  panics: Panic[],
  units: Unit[] | undefined,
): PanicFlight {
  const known = useRef(new Set<Id>());
  const [offered, setOffered] = useState<{ incident: Id; place: Wgs84 } | null>(null);
  const fresh = panics.find((one) => one.state === "raised" && !known.current.has(one.incident));
  const place = fresh ? (placeOf(fresh, units)?.position ?? null) : null;
  const incident = place ? fresh?.incident : undefined;
  const to = useRef(place);
  to.current = place;
  const all = useRef(panics);
  all.current = panics;

  useEffect(() => {
    if (!incident) return;
    const look = () => {
      const there = to.current;
      if (!map.current || !there) return;
      clearInterval(timer);
      // Whoever was shown before and has no answer yet is not left for the next.
      const isElsewhere = all.current.some(
        (one) => one.state === "raised" && known.current.has(one.incident),
      );
      known.current.add(incident);
      if (isElsewhere || map.current.isHeld()) setOffered({ incident, place: there });
      else map.current.flyTo(there);
    };
    const timer = setInterval(look, LOOK_EACH_MS);
    look();
    return () => clearInterval(timer);
  }, [incident, map]);

  const isLive = offered !== null && panics.some((one) => one.incident === offered.incident);
  return { offer: isLive ? offered.place : null, drop: () => setOffered(null) };
}
