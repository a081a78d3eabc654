import { useComputedColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { map as mapCalls } from "../app/api/calls";
import type { Wgs84 } from "../app/api/types";
import { positions } from "../app/positions";
import { usePanics } from "../panic/usePanics";
import { panicFeatures } from "./choiceFeatures";
import { LiveMap, type MapWishes } from "./LiveMap";
import type { Overlay } from "./overlays";

export type Overlays = Partial<Record<Exclude<Overlay, "selection">, GeoJSON.Feature[]>>;

export interface MapProps extends MapWishes {
  label: string;
  overlays: Overlays;
  selected: Wgs84 | null;
  /** What must be in view; fitted again only when the key changes. */
  fit?: { key: string; places: Wgs84[] };
  isSmall?: boolean;
  /** Streams unit positions straight to the map. */
  isLive?: boolean;
  handle?: RefObject<LiveMap | null>;
  className?: string;
}

export default function MapPane(props: MapProps) {
  const { label, overlays, selected, isSmall = false, isLive = false, handle, className, fit } = props;
  const { onPick, onPlace, onView, isDrawing = false } = props;
  const { t } = useTranslation();
  const scheme = useComputedColorScheme("dark");
  const info = useQuery({ queryKey: ["map"], queryFn: mapCalls.info, staleTime: 600_000 });
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<LiveMap | null>(null);
  const cries = usePanics();
  const isAnswered = info.data !== undefined || info.isError;
  const known = info.data ?? null;
  const first = useRef({ known, scheme });
  first.current = { known, scheme };

  useEffect(() => {
    if (!box.current || !isAnswered) return;
    let made: LiveMap;
    try {
      made = new LiveMap(box.current, first.current.known, first.current.scheme, isSmall);
    } catch {
      // No WebGL: the table twin says everything that the map says.
      box.current.dataset.failed = "true";
      return;
    }
    map.current = made;
    if (handle) handle.current = made;
    const stop = isLive ? positions.subscribe((moved) => made.moved(moved)) : () => undefined;
    return () => {
      stop();
      made.remove();
      map.current = null;
      if (handle) handle.current = null;
    };
  }, [isAnswered, isSmall, isLive, handle]);

  useEffect(() => {
    if (isAnswered) map.current?.restyle(known, scheme);
  }, [isAnswered, known, scheme]);

  useEffect(() => {
    if (!map.current) return;
    map.current.wishes = {
      ...(onPick ? { onPick } : {}),
      ...(onPlace ? { onPlace } : {}),
      ...(onView ? { onView } : {}),
      isDrawing,
    };
  });

  const {
    areas,
    cells,
    cover,
    streets,
    closures,
    way,
    cameras,
    boxes,
    path,
    dots,
    track,
    head,
    ring,
    tours,
    units,
    incidents,
    hits,
    panic,
    caller,
    pin,
  } = overlays;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a map made later needs the same features
  useEffect(() => map.current?.set("areas", areas ?? []), [areas, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("cells", cells ?? []), [cells, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("dots", dots ?? []), [dots, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("streets", streets ?? []), [streets, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("closures", closures ?? []), [closures, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("way", way ?? []), [way, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("cameras", cameras ?? []), [cameras, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("boxes", boxes ?? []), [boxes, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("path", path ?? []), [path, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("track", track ?? []), [track, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("head", head ?? []), [head, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("ring", ring ?? []), [ring, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("tours", tours ?? []), [tours, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("units", units ?? []), [units, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("incidents", incidents ?? []), [incidents, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("hits", hits ?? []), [hits, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("cover", cover ?? []), [cover, isAnswered]);
  // Whoever cries for help is on every map, whatever else its page shows; a page that knows the units says better where they are.
  const signs = useMemo(() => panic ?? panicFeatures(cries, [], t), [panic, cries, t]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("panic", signs), [signs, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("caller", caller ?? []), [caller, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.set("pin", pin ?? []), [pin, isAnswered]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => map.current?.select(selected), [selected?.lon, selected?.lat, isAnswered]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a place that moves must not move the map under a finger
  useEffect(() => {
    if (fit) map.current?.fit(fit.places);
  }, [fit?.key, isAnswered]);

  // A page opened with a selection in its address begins there; later selections move the map themselves.
  const isBegun = useRef(false);
  useEffect(() => {
    if (!selected || isBegun.current || !map.current) return;
    isBegun.current = true;
    if (!fit) map.current.flyTo(selected);
  });

  const isBare = isAnswered && (!known || known.version === 0 || !known.bounds);
  return (
    <div className={`map-frame ${className ?? ""}`}>
      <section
        ref={box}
        className="map-box"
        aria-label={label}
        data-testid="map"
        data-drawing={isDrawing || undefined}
      />
      {isBare && <p className="map-note">{t("map.no_roads")}</p>}
    </div>
  );
}
