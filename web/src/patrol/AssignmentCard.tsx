// One order on the phone: what, where, the picture, and the one next step as a button that a wet thumb hits.

import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { hits as hitCalls } from "../app/api/calls";
import type { MyAssignment, MyHold, Wgs84 } from "../app/api/types";
import { Picture } from "../app/Picture";
import { useKindTitle } from "../app/queries";
import { pointFeature } from "../map/features";
import { MapView } from "../map/MapView";
import { CentreNotes } from "./CentreNotes";
import { type QueuedStep, stateAfter } from "./offlineQueue";
import { usePhotoReply } from "./photo/PhotoReply";
import type { StepQueue } from "./queue";
import { RingHold } from "./RingHold";
import { Steps } from "./Steps";
import { Where } from "./Where";
import { WayPanel } from "./way/WayPanel";

interface Props {
  mine: MyAssignment;
  here: Wgs84 | null;
  queue: StepQueue;
  waiting: QueuedStep[];
  /** The junction of a closing ring, where this order belongs to one. */
  hold: MyHold | null;
}

export function AssignmentCard({ mine, here, queue, waiting, hold }: Props) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const { assignment, incident } = mine;
  const state = stateAfter(assignment.state, waiting);
  const told = useRef(false);
  const photo = usePhotoReply(mine);
  const isTold = assignment.delivered_at_us !== null || waiting.some((one) => one.step.step === "delivered");

  useEffect(() => {
    if (isTold || told.current) return;
    told.current = true;
    queue.take(assignment.id, { step: "delivered" });
    navigator.vibrate?.([200, 100, 200]);
  }, [isTold, assignment.id, queue]);

  const [isLed, setLed] = useState(false);
  // Who holds a junction of a ring is not led to the incident.
  const there = incident.position;
  const mayBeLed = there !== null && hold === null && state !== "on_scene";
  return (
    <article className="patrol-card" data-testid="patrol-assignment" data-state={assignment.state}>
      <header>
        <div className="tags">
          <span className={`tag ${incident.priority <= 2 ? "tag-alarm" : ""}`}>
            {t("incident.priority", { n: incident.priority })}
          </span>
          <span className="tag" data-testid="assignment-state" data-state={assignment.state}>
            {t(`assignment_state.${assignment.state}`)}
          </span>
          {state !== assignment.state && (
            <span className="tag tag-warn">
              {t("patrol.after_sending", { state: t(`assignment_state.${state}`) })}
            </span>
          )}
        </div>
        <h1>{kindTitle(incident.kind)}</h1>
        <p className="dim">
          {incident.number} · <Age at={assignment.offered_at_us} />
        </p>
      </header>
      {hold && <RingHold hold={hold} hit={incident.hit} here={here} />}
      <p className="summary">{incident.summary}</p>
      <Where name={incident.address || t("patrol.no_address")} there={there} here={here} isLed={mayBeLed} />
      {mayBeLed && !isLed && (
        <Button size="lg" fullWidth onClick={() => setLed(true)} data-testid="way-start">
          {t("way.start")}
        </Button>
      )}
      {mayBeLed && isLed && (
        <WayPanel assignment={assignment.id} there={there} onStop={() => setLed(false)} />
      )}
      {there && !(mayBeLed && isLed) && (
        <MapView
          className="patrol-map"
          label={t("patrol.map_label")}
          isSmall
          fit={{ key: `${incident.id} ${here !== null}`, places: here ? [there, here] : [there] }}
          selected={there}
          overlays={{
            incidents: [
              pointFeature(incident.id, there, { icon: `incident.${incident.priority}.taken`, label: "" }),
            ],
            pin: here ? [pointFeature("me", here, { icon: "me" })] : [],
          }}
        />
      )}
      {incident.hit && !hold && (
        <Picture
          crop={hitCalls.picture(incident.hit, "crop")}
          frame={hitCalls.picture(incident.hit, "frame")}
          alt={t("incident.hit_picture")}
        />
      )}
      <CentreNotes id={incident.id} />
      {assignment.replies.length > 0 && (
        <section>
          <h2 className="section-title">{t("patrol.replies")}</h2>
          {assignment.replies.map((reply) => (
            <p key={reply.at_us} className="reply">
              {reply.text} <Age at={reply.at_us} className="dim" />
            </p>
          ))}
        </section>
      )}
      {state !== "offered" && photo.below}
      {!photo.isLooking && (
        <Steps state={state} photo={photo.button} onStep={(step) => queue.take(assignment.id, step)} />
      )}
    </article>
  );
}
