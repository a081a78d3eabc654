// Another crew is in danger: who, how far, which way.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import type { Id, Wgs84 } from "../app/api/types";
import type { Panic } from "../app/api/types.choice";
import { positions } from "../app/positions";
import { useUnits } from "../app/queries";
import { bearing_deg, distance_m, sayDistance, sayWind } from "../app/say";
import { useSession } from "../app/session";
import { useHere } from "../patrol/position";
import { placeOf } from "./panics";
import { usePanics } from "./usePanics";

const SHOWN_MAX = 3;
/** Nearer than a phone can tell. */
const HERE_M = 30;

function Row({ panic, here }: { panic: Panic; here: Wgs84 | null }) {
  const { t } = useTranslation();
  const units = useUnits();
  const there = placeOf(panic, units.data);
  const metres = here && there ? distance_m(here, there.position) : null;
  const where =
    !there || !here || metres === null
      ? there
        ? ""
        : t("panic.other_no_place")
      : metres < HERE_M
        ? t("panic.here")
        : t("panic.other_where", {
            distance: sayDistance(metres, t),
            wind: t(`wind.${sayWind(bearing_deg(here, there.position))}`),
          });
  return (
    <li data-testid="panic-other" data-unit={panic.call_sign}>
      <span className="panic-mark" aria-hidden="true">
        !
      </span>
      <div className="grow">
        <p>
          {t("panic.other")} <strong>{panic.call_sign}</strong>
        </p>
        <p className="panic-where">{where}</p>
        <p>
          <Age at={panic.raised_at_us} />
          {there?.at_us && (
            <>
              {" · "}
              <PlaceAge at_us={there.at_us} />
            </>
          )}
        </p>
      </div>
      {there && (
        <a
          className="panic-way"
          href={`geo:${there.position.lat},${there.position.lon}?q=${there.position.lat},${there.position.lon}`}
        >
          {t("patrol.navigate")}
        </a>
      )}
    </li>
  );
}

export function PlaceAge({ at_us }: { at_us: number }) {
  const { t } = useTranslation();
  // One node with the age inside: the word stands before it in Chinese and in English.
  const [before, after] = t("panic.place_age", { age: "|" }).split("|");
  return (
    <span>
      {before}
      <Age at={at_us} />
      {after}
    </span>
  );
}

function Banner({ unit }: { unit: Id | null }) {
  const { t } = useTranslation();
  const units = useUnits();
  const report = useHere();
  const others = usePanics().filter(
    (one) => one.unit !== unit && (one.state === "raised" || one.state === "acknowledged"),
  );
  const own = units.data?.find((one) => one.id === unit);
  const here = report?.position ?? (own ? positions.freshest(own).position : null);
  const known = useRef(new Set<Id>());
  const ids = others.map((one) => one.incident).join(" ");
  useEffect(() => {
    const fresh = ids.split(" ").filter((id) => id && !known.current.has(id));
    for (const id of fresh) known.current.add(id);
    if (fresh.length > 0) navigator.vibrate?.([300, 100, 300, 100, 300]);
  }, [ids]);
  return (
    <div role="alert">
      {others.length > 0 && (
        <ul className="panic-others">
          {others.slice(0, SHOWN_MAX).map((one) => (
            <Row key={one.incident} panic={one} here={here} />
          ))}
          {others.length > SHOWN_MAX && <li>{t("panic.more", { count: others.length - SHOWN_MAX })}</li>}
        </ul>
      )}
    </div>
  );
}

export function PanicBanner() {
  const { me, may } = useSession();
  if (!may("units.report") || !may("units.watch")) return null;
  return <Banner unit={me?.unit ?? null} />;
}
