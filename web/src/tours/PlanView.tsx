// One plan: what it promises, on the map and in a table for each crew.

import { Button } from "@mantine/core";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import type { TourPlan } from "../app/api/types.tours";
import { Icon } from "../app/icons";
import { useKeys } from "../app/keys";
import { Answer } from "../app/states";
import type { LiveMap } from "../map/LiveMap";
import { MapView } from "../map/MapView";
import { stopId, tourFeatures } from "../map/tourFeatures";
import { CrewBar } from "./CrewBar";
import { PlanDecision } from "./PlanDecision";
import { PlanFacts } from "./PlanFacts";
import { PlanStateTag } from "./PlanStateTag";
import { clock } from "./say";
import { TourTable } from "./TourTable";
import { savePlan } from "./toursCsv";
import { type TourParams, usePlan } from "./useTours";

/** As the server holds it: a proposal that is older is of another situation. */
const FRESH_US = 15 * 60 * 1_000_000;

interface Props {
  params: TourParams;
  go: (next: Partial<TourParams>) => void;
}

function Inside({ plan, params, go }: Props & { plan: TourPlan }) {
  const { t } = useTranslation();
  const map = useRef<LiveMap | null>(null);
  const shown = plan.tours.filter((tour) => !params.unit || tour.unit === params.unit);
  const stops = plan.tours.flatMap((tour, at) =>
    params.unit && tour.unit !== params.unit
      ? []
      : tour.stops.map((stop) => ({ id: stopId(at, stop.seq), place: stop.place.position })),
  );
  const chosen = stops.find((one) => one.id === params.stop) ?? null;
  const choose = (id: string) => {
    go({ stop: id });
    const place = stops.find((one) => one.id === id)?.place;
    if (place) map.current?.show(place);
  };
  const step = (by: number) => {
    const here = stops.findIndex((one) => one.id === params.stop);
    const next = stops[here < 0 ? 0 : Math.min(Math.max(here + by, 0), stops.length - 1)];
    if (next) choose(next.id);
  };
  const crew = (by: number) => {
    const ids = ["", ...plan.tours.map((tour) => tour.unit)];
    const here = ids.indexOf(params.unit);
    go({ unit: ids[(here + by + ids.length) % ids.length] ?? "", stop: "" });
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    "]": () => crew(1),
    "[": () => crew(-1),
    Escape: () => go(params.stop ? { stop: "" } : { plan: "", unit: "" }),
  });
  const overlays = useMemo(() => ({ tours: tourFeatures(plan, params.unit) }), [plan, params.unit]);
  const fit = useMemo(
    () => ({
      key: `${plan.id}|${params.unit}`,
      places: [
        plan.base,
        ...plan.tours
          .filter((tour) => !params.unit || tour.unit === params.unit)
          .flatMap((tour) => tour.stops.map((stop) => stop.place.position)),
      ],
    }),
    [plan, params.unit],
  );
  return (
    <>
      <header className="tours-head">
        <div>
          <h1>
            {plan.station || t("tour.whole_city")}{" "}
            <span className="number">
              {taipei(plan.from_us).slice(0, 16)}–{clock(plan.to_us)}
            </span>
          </h1>
          <p className="dim">
            {t("tour.made", { name: plan.created_by_name, at: taipei(plan.created_at_us).slice(0, 16) })}
            {plan.decided_at_us !== null &&
              ` · ${t(`tour.state_${plan.state}`)} ${taipei(plan.decided_at_us).slice(0, 16)} ${plan.decided_by_name ?? ""}`}
          </p>
          {plan.reason && <p>{plan.reason}</p>}
        </div>
        <PlanStateTag state={plan.state} />
        <div className="tours-acts not-printed">
          <Button variant="default" size="xs" onClick={() => go({ plan: "", unit: "", stop: "" })}>
            {t("app.back")}
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon name="print" size={16} />}
            onClick={() => window.print()}
          >
            {t("tour.print")}
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon name="download" size={16} />}
            onClick={() => savePlan(plan, t)}
            data-testid="tours-csv"
          >
            {t("box.csv")}
          </Button>
        </div>
      </header>
      {plan.retask && (
        <p className={plan.state === "proposed" ? "note-warn" : "note-plain"} data-testid="tour-retask">
          {t("tour.retask", {
            unit: plan.retask.call_sign,
            at: clock(plan.retask.at_us),
            number: plan.retask.incident_number,
            count: plan.retask.open_stops,
          })}
          {plan.state === "proposed" &&
            ` ${t("tour.retask_decide", { until: clock(plan.retask.at_us + FRESH_US) })}`}
        </p>
      )}
      {!plan.is_by_road && <p className="note-warn">▲ {t("tour.no_roads")}</p>}
      <PlanDecision plan={plan} go={go} />
      <PlanFacts plan={plan} />
      <CrewBar plan={plan} unit={params.unit} onUnit={(unit) => go({ unit, stop: "" })} />
      <div className="tours-split">
        <div className="tours-tables">
          {shown.map((tour) => (
            <TourTable
              key={tour.unit}
              tour={tour}
              at={plan.tours.indexOf(tour)}
              chosen={params.stop}
              onChoose={choose}
            />
          ))}
        </div>
        <div className="tours-map not-printed">
          <MapView
            label={t("tour.map")}
            overlays={overlays}
            selected={chosen?.place ?? null}
            fit={fit}
            handle={map}
            onPick={({ id }) => go({ stop: id })}
          />
          <p className="dim">{t("tour.map_hint")}</p>
        </div>
      </div>
    </>
  );
}

export function PlanView({ params, go }: Props) {
  const query = usePlan(params.plan);
  return (
    <Answer query={query}>{(plan) => <Inside key={plan.id} plan={plan} params={params} go={go} />}</Answer>
  );
}
