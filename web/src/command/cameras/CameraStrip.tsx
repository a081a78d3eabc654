// The cameras nearest to an incident, with the newest picture that each has sent. Closed, it asks for nothing: a picture of a
// passing vehicle is somebody's data, so opening the strip is the act, with the incident as its purpose and a leaf in the log.

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { sightings } from "../../app/api/calls";
import { desk } from "../../app/api/calls.desk";
import type { Grounds, Id, Incident, Wgs84 } from "../../app/api/types";
import type { NearCamera } from "../../app/api/types.desk";
import { Key } from "../../app/Key";
import { useKeys } from "../../app/keys";
import { Picture } from "../../app/Picture";
import { sayDistance, sayWind } from "../../app/say";
import { useSession } from "../../app/session";
import { Failure } from "../../app/states";

const CAMERAS = 6;
/** Somebody passes every few seconds; a picture that is looked at does not change under the eye. */
const PICTURE_MS = 30_000;

interface Props {
  incident: Incident;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onShow: (place: Wgs84) => void;
  /** Numbers them on the map; none when the strip is closed. */
  mark: (cameras: NearCamera[]) => void;
}

const NONE: NearCamera[] = [];

export function CameraStrip({ incident, isOpen, onOpen, onShow, mark }: Props) {
  const { t } = useTranslation();
  const near = useQuery({
    queryKey: ["near-cameras", incident.id, incident.position],
    queryFn: () => desk.cameras(incident.id, CAMERAS),
    enabled: isOpen,
  });
  const items = (isOpen && near.data?.items) || NONE;
  useEffect(() => mark(items), [mark, items]);
  useEffect(() => () => mark(NONE), [mark]);
  useKeys({ s: () => onOpen(!isOpen) });
  return (
    <section className="camera-strip" data-testid="camera-strip">
      <Button
        size="compact-sm"
        variant="default"
        aria-expanded={isOpen}
        onClick={() => onOpen(!isOpen)}
        rightSection={<Key>s</Key>}
        data-testid="open-cameras"
      >
        {t("near_cameras.title")}
      </Button>
      {near.error && isOpen && <Failure error={near.error} onRetry={() => void near.refetch()} />}
      {isOpen && near.data && items.length === 0 && <p className="dim">{t("near_cameras.none")}</p>}
      {items.length > 0 && (
        <ol>
          {items.map((camera, at) => (
            <li key={camera.id} data-testid="near-camera">
              <button type="button" className="plain-link" onClick={() => onShow(camera.position)}>
                <strong>{at + 1}</strong> {camera.name}
              </button>
              <p className="dim">
                {sayDistance(camera.distance_m, t)} · {t(`wind.${sayWind(camera.bearing_deg)}`)}
                {camera.is_looking_here !== null &&
                  ` · ${t(camera.is_looking_here ? "near_cameras.towards" : "near_cameras.away")}`}
              </p>
              <Newest camera={camera.id} name={camera.name} number={incident.number} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Newest({ camera, name, number }: { camera: Id; name: string; number: string }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const grounds: Grounds = { purpose: "dispatch", case_ref: number };
  const isAllowed = may("sightings.search");
  const newest = useQuery({
    queryKey: ["near-camera-newest", camera, number],
    queryFn: ({ signal }) => sightings.search({ plate: "", camera, limit: 1 }, grounds, null, signal),
    enabled: isAllowed,
    staleTime: PICTURE_MS,
    retry: false,
  });
  if (!isAllowed) return null;
  if (newest.error) return <Failure error={newest.error} />;
  const [sighting] = newest.data?.items ?? [];
  if (!newest.data) return <p className="dim">…</p>;
  if (!sighting) return <p className="dim">{t("near_cameras.no_sighting")}</p>;
  return (
    <>
      <Picture
        isThumb
        crop={sighting.has_crop ? sightings.picture(sighting.id, "crop", grounds) : null}
        frame={sighting.has_frame ? sightings.picture(sighting.id, "frame", grounds) : null}
        alt={t("near_cameras.newest_of", { name })}
      />
      <Age at={sighting.captured_at_us} className="dim" />
    </>
  );
}
