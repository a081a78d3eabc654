// Theft zones: how many vehicles were seen where, by period, and the cells with the most of them. One selection with the map.

import { Button } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { taipeiDay } from "../../app/age";
import type { Micros } from "../../app/api/types";
import type { TheftZone } from "../../app/api/types.lake";
import type { Question } from "../answer";
import { ChoiceField } from "../form/ChoiceField";
import { readThefts } from "../thefts";
import { Bars } from "./Bars";
import { Trend } from "./Trend";
import { SIDES, type Side, totalOf, trendOf, vehiclesOf, type Zone, zoneName } from "./zones";

interface Props {
  question: Question;
  items: TheftZone[];
  /** One row per cell, of the chosen period. */
  zones: Zone[];
  side: Side;
  period_us: Micros | null;
  chosen: string | null;
  /** The table below shows the cells. */
  isTable: boolean;
  onSide: (side: Side) => void;
  onPeriod: (period_us: Micros | null) => void;
  onChoose: (id: string) => void;
  onCell: (cell: string) => void;
}

export function ZonesView(props: Props) {
  const { question, items, zones, side, period_us, chosen, isTable, onChoose } = props;
  const { t } = useTranslation();
  const { period } = question.draft;
  const vehicles = useMemo(
    () => readThefts(question.draft.thefts, question.nonce).thefts.length,
    [question.draft.thefts, question.nonce],
  );
  const trend = useMemo(
    () => (period === "all" ? [] : trendOf(items, Number(period), side, chosen)),
    [items, period, side, chosen],
  );
  const bars = useMemo(
    () =>
      zones
        .filter((zone) => vehiclesOf(zone, side) > 0)
        .map((zone) => ({ id: zone.cell, name: zoneName(zone), count: vehiclesOf(zone, side) })),
    [zones, side],
  );
  const zone = zones.find((one) => one.cell === chosen);
  // All three numbers stand in the table's columns; what is left out of it must be said above it.
  if (isTable && !zone && period_us === null) return null;
  return (
    <div className="counts zones">
      {isTable && period_us !== null && (
        <p className="zone-period">
          {t("lake.only_period", { day: taipeiDay(period_us), count: period })}
          <Button variant="default" size="xs" onClick={() => props.onPeriod(null)}>
            {t("lake.all_periods")}
          </Button>
        </p>
      )}
      {!isTable && (
        <>
          <ChoiceField
            label={t("lake.side", { count: vehicles })}
            value={side}
            options={SIDES.map((value) => ({
              value,
              label: `${t(`lake.side_${value}`)} ${totalOf(items, value)}`,
            }))}
            hint={t(`lake.side_hint_${side}`)}
            onChange={props.onSide}
            testId="zones-side"
          />
          {trend.length > 0 && (
            <Trend periods={trend} days={Number(period)} chosen={period_us} onChoose={props.onPeriod} />
          )}
        </>
      )}
      {zone && (
        <section className="zone-chosen" aria-label={t("lake.detail")} data-testid="zone-chosen">
          <strong>{zoneName(zone)}</strong>
          <span className="code dim">{zone.cell}</span>
          <p className="number">
            {SIDES.map((one) => `${t(`lake.side_${one}`)} ${vehiclesOf(zone, one)}`).join(" · ")}
          </p>
          <Button variant="default" size="xs" onClick={() => props.onCell(zone.cell)} data-testid="zone-area">
            {t("lake.zone_passages")}
          </Button>
        </section>
      )}
      {!isTable && (
        <section>
          <h3 className="section-title">
            {period_us === null
              ? t("lake.top_zones")
              : t("lake.top_zones_of", { day: taipeiDay(period_us), count: period })}
          </h3>
          {bars.length === 0 ? (
            <p className="dim">{t("lake.zones_none_here")}</p>
          ) : (
            <Bars bars={bars} chosen={chosen} onChoose={onChoose} />
          )}
        </section>
      )}
    </div>
  );
}
