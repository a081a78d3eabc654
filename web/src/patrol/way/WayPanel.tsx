// Navigation on the phone: what comes next, large; the line on the map; the steps below. Works on when the network goes.

import "./way.css";
import { Button } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Id, Wgs84 } from "../../app/api/types";
import { sayDistance, sayDuration } from "../../app/say";
import { changeSetting, useSetting } from "../../app/settings";
import { Failure } from "../../app/states";
import { pointFeature } from "../../map/features";
import type { LiveMap } from "../../map/LiveMap";
import { MapView } from "../../map/MapView";
import { wayFeatures } from "../../map/wayFeatures";
import { useHere } from "../position";
import { arrowOf } from "./follower";
import { canSpeak, useVoice } from "./useVoice";
import { type Leading, useWay } from "./useWay";

const FOLLOW_ZOOM = 16;

function Next({ leading, hasFix }: { leading: Leading; hasFix: boolean }) {
  const { t } = useTranslation();
  const { followed, isOffLine, isAsking } = leading;
  if (!leading.chosen) {
    // What the server said against it stands below.
    if (leading.error || leading.way) return null;
    return (
      <p className="way-next" role="status" data-testid="way-none">
        {t(leading.isStale ? "way.offline_none" : "way.asking")}
      </p>
    );
  }
  if (!hasFix || !followed) return <p className="way-next">{t("way.no_fix")}</p>;
  if (isOffLine) {
    return (
      <p className="way-next way-next-off" role="status">
        ▲ {t(isAsking ? "way.rerouting" : "way.off_line")}
      </p>
    );
  }
  const { next, isArrived } = followed;
  return (
    <div className="way-next" aria-live="polite" data-testid="way-next">
      <span className="way-arrow" aria-hidden="true">
        {isArrived || !next ? "◎" : arrowOf(next.step)}
      </span>
      <div>
        <strong className="way-metres">
          {isArrived || !next
            ? t("way.arrived")
            : next.in_m < 10
              ? t("way.now")
              : t("way.in", { distance: sayDistance(next.in_m, t) })}
        </strong>
        {next && !isArrived && <p>{next.step.maneuver.instruction}</p>}
      </div>
    </div>
  );
}

function Others({ leading }: { leading: Leading }) {
  const { t } = useTranslation();
  if (leading.routes.length < 2) return null;
  return (
    <fieldset className="way-others">
      <legend>{t("way.others")}</legend>
      {leading.routes.map(({ route }, at) => {
        const summary = route.legs[0]?.summary ?? "";
        return (
          <button
            key={route.geometry}
            type="button"
            aria-pressed={at === leading.index}
            onClick={() => leading.choose(at)}
          >
            <strong>
              {t("way.route", {
                number: at + 1,
                time: sayDuration(route.duration, t),
                distance: sayDistance(route.distance, t),
              })}
            </strong>
            {summary && <span className="dim">{t("way.by", { streets: summary })}</span>}
          </button>
        );
      })}
    </fieldset>
  );
}

interface Props {
  assignment: Id;
  there: Wgs84;
  onStop: () => void;
}

export function WayPanel({ assignment, there, onStop }: Props) {
  const { t, i18n } = useTranslation();
  const here = useHere();
  const leading = useWay(assignment, there, here, i18n.language === "en" ? "en" : "zh-TW");
  const { way, chosen, routes, followed, isStale, isOffLine } = leading;
  const isLoud = useSetting("voice");
  useVoice(isLoud, chosen, isOffLine ? null : followed);
  const map = useRef<LiveMap | null>(null);
  const [isFitted, setFitted] = useState(false);
  const panel = useRef<HTMLElement>(null);
  // Below the job's own words the map would lie under the buttons; a driver has no hand for scrolling.
  useEffect(() => {
    // Nothing is given back: newer browsers answer a scroll with a promise, which is no way to clean up.
    panel.current?.scrollIntoView({ block: "start" });
  }, []);
  const shown = followed && !isOffLine ? followed.at : (here?.position ?? null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the map goes along with the phone, not with the page
  useEffect(() => {
    if (!shown || !map.current || map.current.isHeld()) return;
    // The whole way first, so that a person sees where it leads; from the next fix on, where the phone is.
    if (isFitted) map.current.flyTo(shown, FOLLOW_ZOOM);
    else setFitted(true);
  }, [shown?.lon, shown?.lat]);

  const overlays = useMemo(
    () => ({
      way: chosen
        ? wayFeatures(
            chosen.line,
            routes.filter((one) => one !== chosen).map((one) => one.line),
          )
        : [],
      incidents: [pointFeature("there", there, { icon: "pin.call", label: "" })],
    }),
    [chosen, routes, there],
  );
  const pin = useMemo(() => (shown ? [pointFeature("me", shown, { icon: "me" })] : []), [shown]);
  const time = way
    ? new Date(way.told_at_us / 1000).toLocaleTimeString(i18n.language, {
        hour: "2-digit",
        minute: "2-digit",
      })
    : "";
  return (
    <section ref={panel} className="way" data-testid="way">
      <Next leading={leading} hasFix={here !== null} />
      {followed && (
        <p className="way-left number" data-testid="way-left">
          {t("way.left", {
            distance: sayDistance(followed.left_m, t),
            time: sayDuration(followed.left_s, t),
          })}
        </p>
      )}
      {way?.is_through_closure && (
        <p className="note-warn" role="status" data-testid="way-closed">
          ▲ {t("way.through_closure")}
        </p>
      )}
      {isStale && way && (
        <p className="note-warn" role="status" data-testid="way-stale">
          ▲ {t("way.stale", { time })}
        </p>
      )}
      {leading.error && <Failure error={leading.error} onRetry={leading.ask} />}
      <MapView
        className="way-map"
        label={t("way.map_label")}
        isSmall
        handle={map}
        fit={{
          key: `${assignment} ${way?.told_at_us ?? 0} ${leading.index}`,
          places: chosen?.line ?? [there],
        }}
        selected={there}
        overlays={{ ...overlays, pin }}
      />
      <div className="way-acts">
        {canSpeak() && (
          <Button
            size="md"
            variant="default"
            aria-pressed={isLoud}
            onClick={() => changeSetting("voice", !isLoud)}
          >
            {t(isLoud ? "way.voice_on" : "way.voice_off")}
          </Button>
        )}
        <Button size="md" variant="default" loading={leading.isAsking} onClick={leading.ask}>
          {t("way.again")}
        </Button>
        <Button size="md" variant="default" onClick={onStop}>
          {t("way.stop")}
        </Button>
      </div>
      <Others leading={leading} />
      {chosen && (
        <details className="way-steps">
          <summary>{t("way.steps", { count: chosen.steps.length })}</summary>
          <ol>
            {chosen.steps.map(({ step, at_m }, number) => (
              <li
                key={`${at_m} ${step.maneuver.type} ${step.geometry}`}
                aria-current={followed?.next?.index === number ? "step" : undefined}
                data-done={(followed && at_m < followed.along_m) || undefined}
              >
                <span aria-hidden="true">{arrowOf(step)}</span>
                <span>{step.maneuver.instruction}</span>
                <span className="number dim">{step.distance > 0 ? sayDistance(step.distance, t) : ""}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
      {way && !isStale && <p className="dim">{t("way.kept")}</p>}
      <a
        className="way-elsewhere plain-link"
        href={`geo:${there.lat},${there.lon}?q=${there.lat},${there.lon}`}
      >
        {t("way.other_app")}
      </a>
    </section>
  );
}
