// The junction that this crew holds of a closing ring: where, by when, the way there, and which vehicle.

import { useTranslation } from "react-i18next";
import { taipeiTime, useNow } from "../app/age";
import { hits as hitCalls } from "../app/api/calls";
import type { Id, MyHold, Wgs84 } from "../app/api/types";
import { Picture } from "../app/Picture";
import { useHit } from "../app/queries";
import { sayProbability, saySeconds } from "../app/say";
import { sayWanted } from "../app/seen";
import { pointFeature } from "../map/features";
import { MapView } from "../map/MapView";
import { Where } from "./Where";

/** A camera takes an 8 for a B: whoever stands at the roadside looks for each of them. */
function Vehicle({ id }: { id: Id }) {
  const { t } = useTranslation();
  // By itself: the list holds the newest only, and he may be sought for hours.
  const hit = useHit(id).data;
  if (!hit) return <p className="note-warn">▲ {t("ring.hold.plate_unknown")}</p>;
  const others = hit.alternatives.filter((one) => one.plate !== hit.plate);
  return (
    <div data-testid="hold-vehicle">
      <p>
        {t("ring.hold.plate")} <strong className="plate">{hit.plate_display}</strong>
      </p>
      {others.length > 0 && (
        <p>
          {t("ring.hold.maybe")}{" "}
          {others
            .map((one) => `${one.plate} (${sayProbability(one.probability)})`)
            .join(t("app.list_joiner"))}
        </p>
      )}
      {sayWanted(hit.entry, t) && <p>{sayWanted(hit.entry, t)}</p>}
    </div>
  );
}

interface Props {
  hold: MyHold;
  /** Of the incident. */
  hit: Id | null;
  here: Wgs84 | null;
}

export function RingHold({ hold, hit, here }: Props) {
  const { t } = useTranslation();
  const left_s = (hold.by_us / 1000 - useNow()) / 1000;
  const { position } = hold;
  const time = taipeiTime(hold.by_us);
  return (
    <section className="ring-hold" data-testid="ring-hold" aria-label={t("ring.hold.title")}>
      <h2>{t("ring.hold.title")}</h2>
      <Where name={hold.street || t("ring.no_street")} there={position} here={here} testId="hold-navigate" />
      <p className={left_s < 60 ? "ink-warn number" : "number"} data-testid="hold-by">
        {left_s > 0
          ? t("ring.hold.by", { time, left: saySeconds(left_s, t) })
          : `▲ ${t("ring.hold.by_over", { time })}`}
      </p>
      {hold.is_superseded && <p className="note-warn">▲ {t("ring.hold.superseded")}</p>}
      {hold.is_map_exit && <p className="dim">{t("ring.hold.map_exit")}</p>}
      <MapView
        className="patrol-map"
        label={t("ring.hold.map")}
        isSmall
        fit={{
          key: `${position.lon} ${position.lat} ${here !== null}`,
          places: here ? [position, here] : [position],
        }}
        selected={position}
        overlays={{ pin: here ? [pointFeature("me", here, { icon: "me" })] : [] }}
      />
      {hit ? <Vehicle id={hit} /> : <p className="dim">{t("ring.hold.no_plate")}</p>}
      {hit && (
        <Picture
          crop={hitCalls.picture(hit, "crop")}
          frame={hitCalls.picture(hit, "frame")}
          alt={t("incident.hit_picture")}
        />
      )}
      <p className="dim">{t("ring.hold.seen", { time: taipeiTime(hold.seen_at_us) })}</p>
    </section>
  );
}
