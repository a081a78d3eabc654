// Boxes that wait to be signed around the officer: a list and its map, with or without a tour.

import "../tour/tour.css";
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "../../app/age";
import { patrol } from "../../app/api/calls.patrol";
import type { Wgs84 } from "../../app/api/types";
import type { NearBox } from "../../app/api/types.patrol";
import { sayDistance, sayDuration } from "../../app/say";
import { useSession } from "../../app/session";
import { Failure } from "../../app/states";
import { boxFeatures, pointFeature } from "../../map/features";
import { MapView } from "../../map/MapView";
import { positionNow } from "../position";
import { asked, placeAfter, stationsOf } from "./near";

const REFRESH_MS = 60_000;
/** Less than the hundred metres to which the server is asked, at a walk. */
const LOOK_EACH_MS = 30_000;
const STATION = "shouhu.near-station";

function keptStation(): string {
  try {
    return window.localStorage.getItem(STATION) ?? "";
  } catch {
    return "";
  }
}

function keepStation(station: string): void {
  try {
    window.localStorage.setItem(STATION, station);
  } catch {
    // A barred store forgets the choice, no more.
  }
}

interface Props {
  /** Where the phone is, as long as something watches that. */
  here: Wgs84 | null;
  /** Where the crew was last, for a phone that does not know its place. */
  last?: Wgs84 | null;
}

export function NearBoxesPanel(props: Props) {
  const { may } = useSession();
  return may("patrol.check_in") ? <Panel {...props} /> : null;
}

function Row({ near, now_us }: { near: NearBox; now_us: number }) {
  const { t } = useTranslation();
  const { lat, lon } = near.box.position;
  const time = sayDuration(Math.abs(near.due_at_us - now_us) / 1e6, t);
  return (
    <li data-testid="near-box" data-overdue={near.is_overdue || undefined}>
      <div>
        <strong>
          <span className="plate">{near.box.number}</span> {near.box.name}
        </strong>
        <div className={near.is_overdue ? "ink-warn" : "dim"}>
          {near.is_overdue ? t("checkin.near_overdue", { time }) : t("checkin.near_due", { time })}
        </div>
        <div className="dim">
          {sayDistance(near.distance_m, t)} · {near.box.station} {near.box.beat}
        </div>
      </div>
      <a className="big-link" href={`geo:${lat},${lon}?q=${lat},${lon}`}>
        {t("patrol.navigate")}
      </a>
    </li>
  );
}

function NearMap({ items, here }: { items: NearBox[]; here: Wgs84 }) {
  const { t } = useTranslation();
  const overlays = useMemo(
    () => ({
      boxes: boxFeatures(items.map((near) => near.box)),
      pin: [pointFeature("me", here, { icon: "me" })],
    }),
    [items, here],
  );
  const fit = useMemo(
    () => ({
      key: items.map((near) => near.box.id).join(),
      places: [here, ...items.map((near) => near.box.position)],
    }),
    [items, here],
  );
  return (
    <MapView
      className="tour-map"
      label={t("checkin.near_map")}
      isSmall
      overlays={overlays}
      selected={null}
      fit={fit}
    />
  );
}

function Found({ here }: { here: Wgs84 }) {
  const { t } = useTranslation();
  const [station, setStation] = useState(keptStation);
  const place = asked(here);
  const now_us = useNow() * 1000;
  const query = useQuery({
    queryKey: ["near-boxes", place.lon, place.lat, station],
    queryFn: ({ signal }) => patrol.near(place, station, signal),
    refetchInterval: REFRESH_MS,
    // A step on must not blink the list away.
    placeholderData: (before) => before,
  });
  const [isMapOpen, setMapOpen] = useState(false);
  if (query.error && !query.data) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const { items = [], count = 0 } = query.data ?? {};
  const stations = stationsOf(items, station);
  return (
    <>
      {stations.length > 1 && (
        <NativeSelect
          size="md"
          aria-label={t("box.station")}
          value={station}
          onChange={({ currentTarget }) => {
            keepStation(currentTarget.value);
            setStation(currentTarget.value);
          }}
          data={stations.map((value) => ({ value, label: value || t("checkin.near_all") }))}
        />
      )}
      {query.data && items.length === 0 && <p>{t("checkin.near_none")}</p>}
      <ul className="tour-list near-list">
        {items.map((near) => (
          <Row key={near.box.id} near={near} now_us={now_us} />
        ))}
      </ul>
      {count > items.length && (
        <p className="dim">{t("checkin.near_more", { count: count - items.length })}</p>
      )}
      {items.length > 0 && (
        <details onToggle={({ currentTarget }) => setMapOpen(currentTarget.open)}>
          <summary data-testid="near-map">{t("checkin.near_map")}</summary>
          {isMapOpen && <NearMap items={items} here={here} />}
        </details>
      )}
    </>
  );
}

/** On foot nobody watches the position: it is asked for while the list is open. */
function Panel({ here, last = null }: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [found, setFound] = useState<Wgs84 | null | undefined>(undefined);
  const isWatched = here !== null;
  useEffect(() => {
    if (!isOpen || isWatched) return;
    let isGone = false;
    const look = () => {
      if (document.hidden) return;
      void positionNow(null).then((fix) => {
        if (!isGone) setFound((before) => placeAfter(before, fix?.position ?? null));
      });
    };
    look();
    const timer = setInterval(look, LOOK_EACH_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [isOpen, isWatched]);
  const place = here ?? found ?? last ?? found;
  return (
    <section className="patrol-card tour-card" aria-label={t("checkin.near")}>
      <details
        onToggle={(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)}
      >
        <summary data-testid="near-boxes">{t(isOpen ? "checkin.near" : "checkin.near_find")}</summary>
        {isOpen && place && <Found here={place} />}
        {isOpen && place === undefined && <p role="status">{t("checkin.locating")}</p>}
        {isOpen && place === null && (
          <p className="note-warn" role="alert">
            {t("checkin.near_no_place")}
          </p>
        )}
      </details>
    </section>
  );
}
