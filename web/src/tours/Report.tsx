// Plans against what was done, by crew and by place; nobody is named and nobody is ranked.

import { Button, SegmentedControl, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { tours } from "../app/api/calls.tours";
import type { Tally, TourReport } from "../app/api/types.tours";
import { Heads } from "../app/Heads";
import { Icon } from "../app/icons";
import { sayDuration } from "../app/say";
import { Answer, Empty } from "../app/states";
import { StationSelect } from "../boxes/StationSelect";
import { sayShare } from "./say";
import { saveReport } from "./toursCsv";
import type { TourParams } from "./useTours";

interface Props {
  params: TourParams;
  go: (next: Partial<TourParams>) => void;
}

const DAY_US = 86_400_000_000;
const PLACES_SHOWN = 100;

function Cells({ tally }: { tally: Tally }) {
  return (
    <>
      <Table.Td className="number">{tally.stops}</Table.Td>
      <Table.Td className="number">
        {tally.done} <span className="dim">{tally.stops > 0 && sayShare(tally.done / tally.stops)}</span>
      </Table.Td>
      <Table.Td className="number">{tally.skipped}</Table.Td>
      <Table.Td className="number">{tally.planned}</Table.Td>
    </>
  );
}

const TALLY = ["stops", "done", "skipped", "planned"] as const;

function Inside({ report }: { report: TourReport }) {
  const { t } = useTranslation();
  const { hits } = report;
  const entropy = (value: number | null) => (value === null ? "—" : value.toFixed(2));
  const numbers = [
    { name: "plans", value: String(report.plans) },
    { name: "stops_done", value: `${report.done} / ${report.stops}` },
    { name: "hits", value: hits.reports === 0 ? "—" : `${hits.hits} / ${hits.reports}` },
    { name: "hits_expected", value: hits.reports === 0 ? "—" : hits.expected.toFixed(1) },
    { name: "entropy", value: entropy(report.hour_entropy) },
  ];
  return (
    <>
      {report.is_cut && <p className="note-warn">▲ {t("tour.report_cut")}</p>}
      <dl className="numbers" data-testid="report-numbers">
        {numbers.map(({ name, value }) => (
          <div key={name}>
            <dt>{t(`tour.number_${name}`)}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="dim">{t("tour.report_hint")}</p>
      {report.skipped_for.length > 0 && (
        <p>
          {t("tour.skipped_for")}{" "}
          {report.skipped_for
            .map((one) => `${t(`tour.reason_${one.reason}`)} ${one.count}`)
            .join(t("app.list_joiner"))}
        </p>
      )}
      {report.retasked.length > 0 && (
        <ul data-testid="report-retasked">
          {report.retasked.map((one) => (
            <li key={`${one.at_us}${one.call_sign}`}>
              <span className="number">{taipei(one.at_us).slice(0, 16)}</span>{" "}
              {t("tour.retasked", {
                unit: one.call_sign,
                number: one.incident_number,
                open: one.open_stops,
                stops: one.stops,
              })}
            </li>
          ))}
        </ul>
      )}
      <div className="wide-table">
        <Table aria-label={t("tour.by_unit")}>
          <Heads
            of="tour"
            heads={["unit", "shifts", ...TALLY, "standing", "stood", "driving", "jobs", "on_jobs"]}
          />
          <Table.Tbody>
            {report.units.map((unit) => (
              <Table.Tr key={unit.unit} data-testid="report-unit">
                <Table.Td>{unit.call_sign}</Table.Td>
                <Table.Td className="number">{unit.shifts}</Table.Td>
                <Cells tally={unit} />
                <Table.Td className="number">{sayDuration(unit.standing_s, t)}</Table.Td>
                <Table.Td className="number">{sayDuration(unit.stood_s, t)}</Table.Td>
                <Table.Td className="number">{sayDuration(unit.driving_s, t)}</Table.Td>
                <Table.Td className="number">{unit.jobs}</Table.Td>
                <Table.Td className="number">{sayDuration(unit.on_jobs_s, t)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <div className="wide-table">
        <Table aria-label={t("tour.by_place")}>
          <Heads of="tour" heads={["place", "area", ...TALLY, "entropy"]} />
          <Table.Tbody>
            {report.places.slice(0, PLACES_SHOWN).map((place) => (
              <Table.Tr key={place.key} data-testid="report-place">
                <Table.Td>
                  {`${place.number} ${place.name}`.trim() || "—"}
                  <div className="dim">{t(`tour.kind_${place.kind}`)}</div>
                </Table.Td>
                <Table.Td>{place.area}</Table.Td>
                <Cells tally={place} />
                <Table.Td className="number">{entropy(place.hour_entropy)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {report.places.length > PLACES_SHOWN && <p className="dim">{t("tour.more_places")}</p>}
    </>
  );
}

export function Report({ params, go }: Props) {
  const { t } = useTranslation();
  const [to_us] = useState(() => Date.now() * 1000);
  const days = params.days === "7" ? 7 : 30;
  const query = useQuery({
    queryKey: ["tours", "report", params.station, days],
    queryFn: () => tours.report(params.station, to_us - days * DAY_US, to_us),
  });
  return (
    <>
      <div className="filters">
        <StationSelect
          value={params.station}
          onChange={(station) => go({ station })}
          testId="tours-report-station"
        />
        <SegmentedControl
          aria-label={t("tour.span")}
          value={String(days)}
          onChange={(next) => go({ days: next === "7" ? "7" : "" })}
          data={[
            { value: "7", label: t("tour.span_7") },
            { value: "30", label: t("tour.span_30") },
          ]}
        />
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          disabled={!query.data || query.data.plans === 0}
          onClick={() => query.data && saveReport(query.data, t)}
          data-testid="tours-report-csv"
        >
          {t("box.csv")}
        </Button>
      </div>
      <Answer query={query}>
        {(report) =>
          report.plans === 0 ? (
            <Empty title={t("tour.report_none")} hint={t("tour.report_none_hint")} />
          ) : (
            <Inside report={report} />
          )
        }
      </Answer>
    </>
  );
}
