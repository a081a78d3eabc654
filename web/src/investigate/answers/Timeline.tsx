// A trajectory as a list: each passage, and above it how the vehicle can have come there.

import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import type { Id } from "../../app/api/types";
import type { Leg } from "../../app/api/types.lake";
import { isUnsure, sayDistance, sayDuration, sayProbability } from "../../app/say";
import { useSlice } from "../virtual";
import { TimeStrip } from "./TimeStrip";
import { travelOf } from "./time";

const ROW_PX = 92;

interface Props {
  legs: Leg[];
  chosen: Id | null;
  onChoose: (id: Id) => void;
}

function Way({ leg }: { leg: Leg }) {
  const { t } = useTranslation();
  if (leg.took_ms === null) return <p className="way dim">{t("lake.way_first")}</p>;
  const parts = [
    sayDuration(leg.took_ms / 1000, t),
    leg.distance_m === null ? null : sayDistance(leg.distance_m, t),
    leg.speed_kmh === null || leg.is_gap ? null : `${Math.round(leg.speed_kmh)} km/h`,
  ].filter(Boolean);
  if (leg.doubt) {
    return (
      <p className="way way-impossible">
        ▲ {t("lake.way_impossible", { speed: Math.round(leg.speed_kmh ?? 0) })} {t(`lake.doubt_${leg.doubt}`)}{" "}
        · {parts.slice(0, 2).join(" · ")}
      </p>
    );
  }
  if (leg.is_gap) {
    return (
      <p className="way way-gap">
        ▨ {t("lake.way_gap", { time: parts[0] })}
        {parts[1] && ` · ${parts[1]}`}
      </p>
    );
  }
  return <p className="way dim">↓ {parts.join(" · ")}</p>;
}

export function Timeline({ legs, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLOListElement>(null);
  const { slice, show } = useSlice(list, legs.length, ROW_PX);
  const at = chosen === null ? -1 : legs.findIndex((leg) => leg.id === chosen);
  useEffect(() => show(at), [at, show]);
  const travel = useMemo(() => travelOf(legs), [legs]);
  return (
    <>
      <div className="travel">
        <dl className="travel-facts">
          <div>
            <dt>{t("lake.travel_cameras")}</dt>
            <dd>{travel.cameras}</dd>
          </div>
          <div>
            <dt>{t("lake.travel_distance")}</dt>
            <dd>{sayDistance(travel.distance_m, t)}</dd>
          </div>
          <div>
            <dt>▨ {t("lake.travel_gaps")}</dt>
            <dd>{travel.gaps}</dd>
          </div>
          <div className={travel.impossible > 0 ? "ink-warn" : ""}>
            <dt>▲ {t("lake.travel_impossible")}</dt>
            <dd>{travel.impossible}</dd>
          </div>
        </dl>
        {legs.length > 1 && <TimeStrip legs={legs} chosen={chosen} onChoose={onChoose} />}
      </div>
      <ol
        ref={list}
        className="timeline"
        style={{ paddingBlock: `${slice.first * ROW_PX}px ${(legs.length - slice.last) * ROW_PX}px` }}
      >
        {legs.slice(slice.first, slice.last).map((leg, offset) => (
          <li
            key={leg.id}
            className="stop"
            style={{ height: ROW_PX }}
            data-chosen={leg.id === chosen || undefined}
            data-kind={leg.doubt ? "impossible" : leg.is_gap ? "gap" : undefined}
            data-testid="leg-row"
          >
            <Way leg={leg} />
            <button
              type="button"
              className="stop-main"
              aria-pressed={leg.id === chosen}
              onClick={() => onChoose(leg.id)}
            >
              <span className="path-number">{slice.first + offset + 1}</span>
              <span className="stop-words">
                <span className="number">{taipei(leg.captured_at_us)}</span>
                <span className="one-line">{leg.place_name}</span>
              </span>
              <span className={isUnsure(leg.confidence) ? "ink-warn" : "dim"}>
                {isUnsure(leg.confidence) && "▲ "}
                {sayProbability(leg.confidence)}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
