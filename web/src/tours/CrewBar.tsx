// The crews of a plan: which colour and letter each has on the map, and how much each carries.

import { useTranslation } from "react-i18next";
import type { TourPlan, UnitTour } from "../app/api/types.tours";
import { sayDuration } from "../app/say";
import { tourColour, tourLetter } from "../map/tourFeatures";

interface Props {
  plan: TourPlan;
  unit: string;
  onUnit: (unit: string) => void;
}

function done(tour: UnitTour): number {
  return tour.stops.filter((stop) => stop.progress.state === "done").length;
}

export function CrewBadge({ at }: { at: number }) {
  const { fill, ink } = tourColour(at);
  return (
    <span className="tours-badge" style={{ background: fill, color: ink }} aria-hidden="true">
      {tourLetter(at)}
    </span>
  );
}

export function CrewBar({ plan, unit, onUnit }: Props) {
  const { t } = useTranslation();
  return (
    <fieldset className="tours-crews not-printed" aria-label={t("tour.units")}>
      <button type="button" aria-pressed={unit === ""} onClick={() => onUnit("")}>
        {t("tour.all_units")}
      </button>
      {plan.tours.map((tour, at) => (
        <button
          type="button"
          key={tour.unit}
          aria-pressed={unit === tour.unit}
          onClick={() => onUnit(tour.unit)}
          data-testid="tours-crew"
        >
          <CrewBadge at={at} />
          <strong>{tour.call_sign}</strong>
          <span className="dim number">
            {t("tour.crew_stops", { done: done(tour), count: tour.stops.length })} ·{" "}
            {t("tour.crew_standing", { time: sayDuration(tour.standing_s, t) })}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
