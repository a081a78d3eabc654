// One crew's tour as a table: the map's twin, and what is printed.

import { Table } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { TourStop, UnitTour } from "../app/api/types.tours";
import { sayDuration } from "../app/say";
import { stopId } from "../map/tourFeatures";
import { CrewBadge } from "./CrewBar";
import { clock, minutes, sayPlace, sayProgress, sayWhy } from "./say";

interface Props {
  tour: UnitTour;
  /** Which crew of the plan: its colour and letter. */
  at: number;
  chosen: string;
  onChoose: (id: string) => void;
}

const HEADS = ["seq", "arrive", "place", "why", "state"] as const;
const SIGNS = { planned: "○", done: "✓", skipped: "×" } as const;

function Row({
  stop,
  id,
  isChosen,
  onChoose,
}: {
  stop: TourStop;
  id: string;
  isChosen: boolean;
  onChoose: () => void;
}) {
  const { t } = useTranslation();
  const { progress } = stop;
  const late = minutes(stop.arrive_us, progress.expected_arrive_us);
  return (
    <Table.Tr
      aria-selected={isChosen}
      onClick={onChoose}
      data-testid="tour-stop"
      data-stop={id}
      data-state={progress.state}
    >
      <Table.Td className="number">
        <button type="button" className="plain-link">
          {stop.seq}
        </button>
      </Table.Td>
      <Table.Td className="number">
        {clock(stop.arrive_us)}–{clock(stop.leave_us)}
        <div className="dim">{t("tour.dwell", { count: minutes(stop.arrive_us, stop.leave_us) })}</div>
        {progress.state === "planned" && late > 0 && (
          <div className="ink-warn">▲ {t("tour.shifted", { at: clock(progress.expected_arrive_us) })}</div>
        )}
      </Table.Td>
      <Table.Td>
        {sayPlace(stop.place, t)}
        <div className="dim">
          {[t(`tour.kind_${stop.place.kind}`), stop.place.area].filter(Boolean).join(" · ")}
        </div>
      </Table.Td>
      <Table.Td>
        {stop.why.map((why) => (
          <div key={why.key}>{sayWhy(why, t)}</div>
        ))}
      </Table.Td>
      <Table.Td>
        <span className={progress.state === "skipped" ? "tag tag-warn" : "tag"}>
          <span aria-hidden="true">{SIGNS[progress.state]}&nbsp;</span>
          {sayProgress(progress, t)}
        </span>
        {progress.by_name && <div className="dim">{progress.by_name}</div>}
      </Table.Td>
    </Table.Tr>
  );
}

export function TourTable({ tour, at, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    if (chosen)
      body.current
        ?.querySelector(`[data-stop="${CSS.escape(chosen)}"]`)
        ?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const parts = (["standing", "driving", "waiting", "spare"] as const).map((part) => ({
    part: part === "waiting" ? "idle" : part,
    time: sayDuration(tour[`${part}_s`], t),
  }));
  return (
    <section className="panel tours-tour" data-testid="tour">
      <h2>
        <CrewBadge at={at} /> {tour.call_sign}
      </h2>
      <p className="dim">
        {parts.map(({ part, time }) => `${t(`tour.${part}`)} ${time}`).join(" · ")} ·{" "}
        {t("tour.back_at", { at: clock(tour.back_at_us) })}
      </p>
      {tour.stops.length === 0 ? (
        <p>{t("tour.no_stops")}</p>
      ) : (
        <div className="wide-table">
          <Table highlightOnHover aria-label={tour.call_sign}>
            <Table.Thead>
              <Table.Tr>
                {HEADS.map((head) => (
                  <Table.Th key={head}>{t(`tour.head_${head}`)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody ref={body}>
              {tour.stops.map((stop) => {
                const id = stopId(at, stop.seq);
                return (
                  <Row key={id} stop={stop} id={id} isChosen={id === chosen} onChoose={() => onChoose(id)} />
                );
              })}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </section>
  );
}
