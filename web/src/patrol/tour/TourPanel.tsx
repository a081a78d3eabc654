// The crew's tour on the phone: the next stop with one button, the list, the map.

import "./tour.css";
import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../app/api/client";
import type { Id, Wgs84 } from "../../app/api/types";
import { type CrewTour, GIVEN_REASONS, type GivenReason, type TourStop } from "../../app/api/types.tours";
import { sayDuration } from "../../app/say";
import { useSession } from "../../app/session";
import { explain, Failure } from "../../app/states";
import { pointFeature } from "../../map/features";
import { MapView } from "../../map/MapView";
import { crewFeatures } from "../../map/tourFeatures";
import { clock, minutes, nextStop, sayPlace, sayProgress, sayWhy } from "../../tours/say";
import { Where } from "../Where";
import { type OwnTour, useTour } from "./useTour";

interface Props {
  unit: Id;
  here: Wgs84 | null;
  /** An order is being worked on: the tour waits, closed, below it. */
  isBusy: boolean;
}

export function TourPanel(props: Props) {
  const { may } = useSession();
  return may("patrol.check_in") ? <Panel {...props} /> : null;
}

function Acts({ stop, onSay }: { stop: TourStop; onSay: OwnTour["say"] }) {
  const { t } = useTranslation();
  const [isSkipping, setSkipping] = useState(false);
  const [isFull, setFull] = useState(false);
  const say = (outcome: "done" | "skipped", reason?: GivenReason) => {
    setSkipping(false);
    setFull(!onSay(stop.seq, outcome, reason));
    if (outcome === "done") navigator.vibrate?.(60);
  };
  return (
    <div className="tour-acts">
      {isFull && (
        <p className="note-warn" role="alert">
          {t("patrol.queue_full")}
        </p>
      )}
      {isSkipping ? (
        <>
          <fieldset className="codes">
            <legend>{t("tour.skip_why")}</legend>
            {GIVEN_REASONS.map((reason) => (
              <button
                type="button"
                key={reason}
                onClick={() => say("skipped", reason)}
                data-testid={`tour-skip-${reason}`}
              >
                {t(`tour.reason_${reason}`)}
              </button>
            ))}
          </fieldset>
          <Button size="lg" variant="default" onClick={() => setSkipping(false)}>
            {t("app.back")}
          </Button>
        </>
      ) : (
        <>
          {stop.place.kind === "box" ? (
            // A signature is the proof; a word beside it would only be worth less.
            <p className="dim">{t("tour.box_signs")}</p>
          ) : (
            <Button size="xl" fullWidth onClick={() => say("done")} data-testid="tour-done">
              {t("tour.do")}
            </Button>
          )}
          <Button
            size="lg"
            variant="default"
            fullWidth
            onClick={() => setSkipping(true)}
            data-testid="tour-skip"
          >
            {t("tour.skip")}
          </Button>
        </>
      )}
    </div>
  );
}

function Next({ stop, here, onSay }: { stop: TourStop; here: Wgs84 | null; onSay: OwnTour["say"] }) {
  const { t } = useTranslation();
  const { progress } = stop;
  const late = minutes(stop.arrive_us, progress.expected_arrive_us);
  return (
    <>
      <p className="tour-time">
        <strong className="number">
          {clock(progress.expected_arrive_us)}–{clock(progress.expected_leave_us)}
        </strong>{" "}
        {t("tour.dwell", { count: minutes(stop.arrive_us, stop.leave_us) })}
        {late > 0 && <span className="ink-warn"> ▲ {t("tour.later", { count: late })}</span>}
      </p>
      <Where
        name={sayPlace(stop.place, t)}
        there={stop.place.position}
        here={here}
        else={t("tour.drive", { time: sayDuration(stop.drive_s, t) })}
      />
      <p className="dim">{stop.why.map((why) => sayWhy(why, t)).join(t("app.clause_joiner"))}</p>
      <Acts key={stop.seq} stop={stop} onSay={onSay} />
    </>
  );
}

function List({ tour, next, onSay }: { tour: CrewTour; next: TourStop | null; onSay: OwnTour["say"] }) {
  const { t } = useTranslation();
  return (
    <ol className="tour-list">
      {tour.stops.map((stop) => {
        const { state, by_name, at_us } = stop.progress;
        // What a person said can be taken back; what a signature or a job did cannot.
        const canUndo =
          at_us !== null && (state === "skipped" || (state === "done" && stop.place.kind !== "box"));
        return (
          <li key={stop.seq} data-state={state} aria-current={stop.seq === next?.seq ? "step" : undefined}>
            <div>
              <span className="number">{clock(stop.progress.expected_arrive_us)}</span>{" "}
              {sayPlace(stop.place, t)}
              <div className="dim">
                {t(`tour.kind_${stop.place.kind}`)} · {sayProgress(stop.progress, t)} {by_name ?? ""}
              </div>
            </div>
            {canUndo && (
              <Button
                size="md"
                variant="default"
                onClick={() => onSay(stop.seq, "planned")}
                data-testid="tour-undo"
              >
                {t("tour.undo")}
              </Button>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function Unsent({ own }: { own: OwnTour }) {
  const { t } = useTranslation();
  if (own.waiting.length + own.refused.length === 0) return null;
  return (
    <section className="queue-notice" aria-live="polite" data-testid="tour-queue">
      {own.waiting.length > 0 && (
        <div className="queue-notice-head">
          <strong>{t("tour.waiting", { count: own.waiting.length })}</strong>
          <Button size="md" variant="default" onClick={own.retry}>
            {t("patrol.send_now")}
          </Button>
        </div>
      )}
      {own.refused.map((one) => (
        <div key={one.key} className="refused" role="alert">
          <div>
            <strong>▲ {t("tour.refused", { seq: one.mark.seq })}</strong>
            <p>{one.refused && explain(new ApiError(one.refused), t)}</p>
          </div>
          <Button size="md" variant="default" onClick={() => own.dismiss(one.key)}>
            {t("patrol.seen")}
          </Button>
        </div>
      ))}
    </section>
  );
}

function TourMap({ tour, here }: { tour: CrewTour; here: Wgs84 | null }) {
  const { t } = useTranslation();
  const overlays = useMemo(
    () => ({
      tours: crewFeatures(0, tour.base, tour.stops),
      pin: here ? [pointFeature("me", here, { icon: "me" })] : [],
    }),
    [tour, here],
  );
  const fit = useMemo(
    () => ({ key: tour.plan, places: tour.stops.map((stop) => stop.place.position) }),
    [tour.plan, tour.stops],
  );
  return (
    <MapView
      className="tour-map"
      label={t("tour.map")}
      isSmall
      overlays={overlays}
      selected={nextStop(tour.stops)?.place.position ?? null}
      fit={fit}
    />
  );
}

function Panel({ unit, here, isBusy }: Props) {
  const { t } = useTranslation();
  const own = useTour(unit);
  const { tour, query } = own;
  if (query.error && !tour) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!tour) return <Unsent own={own} />;
  const next = nextStop(tour.stops);
  const done = tour.stops.filter((stop) => stop.progress.state === "done").length;
  const title = `${t("tour.mine")} ${clock(tour.from_us)}–${clock(tour.to_us)}`;
  return (
    <>
      <Unsent own={own} />
      <section className="patrol-card tour-card" aria-label={title} data-testid="my-tour">
        <header>
          <h2>{title}</h2>
          <span className="tag number">{t("tour.crew_stops", { done, count: tour.stops.length })}</span>
        </header>
        {tour.paused_for && (
          <p className="note-warn" role="status" data-testid="tour-paused">
            ▲ {t("tour.paused", { number: tour.paused_for })}
          </p>
        )}
        {tour.retask && (
          <p className="note-plain" role="status" data-testid="tour-retask">
            {t(tour.retask.unit === tour.unit ? "tour.retask_away" : "tour.retask_crew", {
              unit: tour.retask.call_sign,
              at: clock(tour.retask.at_us),
              number: tour.retask.incident_number,
            })}
          </p>
        )}
        {!isBusy && next && <Next stop={next} here={here} onSay={own.say} />}
        {!next && tour.stops.length > 0 && <p>{t("tour.all_made", { at: clock(tour.back_at_us) })}</p>}
        <details>
          <summary data-testid="tour-list">{t("tour.list")}</summary>
          <List tour={tour} next={next} onSay={own.say} />
        </details>
        <details>
          <summary data-testid="tour-map">{t("tour.map")}</summary>
          <TourMap tour={tour} here={here} />
        </details>
      </section>
    </>
  );
}
