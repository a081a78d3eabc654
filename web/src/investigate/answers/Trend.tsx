// Numbers by period, side by side. A period that is chosen is the one that the map and the list show.

import { useTranslation } from "react-i18next";
import { taipeiDay } from "../../app/age";
import type { Micros } from "../../app/api/types";
import type { Period } from "./zones";

interface Props {
  periods: Period[];
  days: number;
  chosen: Micros | null;
  onChoose: (period_us: Micros | null) => void;
}

/** Room for the number above the tallest bar. */
const NUMBER_PX = 24;
/** Labels that fit beside one another. */
const LABELS = 8;

export function Trend({ periods, days, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const most = Math.max(...periods.map((period) => period.vehicles), 1);
  const every = Math.ceil(periods.length / LABELS);
  return (
    <figure className="trend">
      <figcaption className="section-title">{t("lake.trend", { count: days })}</figcaption>
      <ol className="trend-bars">
        {periods.map((period, at) => {
          const isChosen = period.from_us === chosen;
          const day = taipeiDay(period.from_us);
          return (
            <li key={period.from_us}>
              <button
                type="button"
                className="trend-bar"
                aria-pressed={isChosen}
                aria-label={t("lake.trend_bar", { day, count: period.vehicles })}
                title={t("lake.trend_bar", { day, count: period.vehicles })}
                onClick={() => onChoose(isChosen ? null : period.from_us)}
                data-testid="trend-bar"
              >
                <span className="trend-number number">{period.vehicles || ""}</span>
                <span
                  className="trend-line"
                  style={{ height: `calc((100% - ${NUMBER_PX}px) * ${period.vehicles / most})` }}
                >
                  <span
                    className="trend-here"
                    style={{ height: `${(period.here / Math.max(period.vehicles, 1)) * 100}%` }}
                  />
                </span>
              </button>
              <span className="trend-day number">{at % every === 0 ? day.slice(5) : ""}</span>
            </li>
          );
        })}
      </ol>
      <p className="field-hint">{t(chosen === null ? "lake.trend_hint" : "lake.trend_hint_chosen")}</p>
    </figure>
  );
}
