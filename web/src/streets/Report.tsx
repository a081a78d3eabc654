// What the station did by week or month: check-ins, tours, hits, predictability, streets. Nobody is named and nobody is ranked.

import { Button, SegmentedControl, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PatrolReport, ReportPeriod, ReportStreets } from "../app/api/types.report";
import { Heads } from "../app/Heads";
import { Icon } from "../app/icons";
import { sayDuration, sayProbability } from "../app/say";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";
import { StationSelect } from "../boxes/StationSelect";
import { saveReport, sayPeriod, sayReportShare } from "./report";
import { type StreetParams, useReport } from "./useStreets";

interface Props {
  params: StreetParams;
  go: (next: Partial<StreetParams>) => void;
}

const BOXES_SHOWN = 100;

function Count({ children }: { children: string | number }) {
  return <Table.Td className="number">{children}</Table.Td>;
}

function Period({ one }: { one: ReportPeriod }) {
  const { t } = useTranslation();
  return (
    <Table.Th scope="row">
      {sayPeriod(one)}
      {!one.is_over && <div className="dim">{t("report.goes_on")}</div>}
    </Table.Th>
  );
}

function CheckIns({ periods }: { periods: ReportPeriod[] }) {
  const { t } = useTranslation();
  const heads = ["period", "on_time", "late", "missed", "on_time_share", "doubtful", "refused"];
  return (
    <section>
      <h2 className="section-title">{t("report.check_ins")}</h2>
      <WideTable label={t("report.check_ins")}>
        <Table aria-label={t("report.check_ins")}>
          <Heads of="report" heads={heads} />
          <Table.Tbody>
            {periods.map((one) => (
              <Table.Tr key={one.from_us} data-testid="report-period">
                <Period one={one} />
                <Count>{one.visits.on_time}</Count>
                <Count>{one.visits.late}</Count>
                <Count>{one.visits.missed}</Count>
                <Count>{sayReportShare(one.visits.on_time_share, t)}</Count>
                <Count>{one.doubtful}</Count>
                <Count>{one.refused}</Count>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </section>
  );
}

function sayStreets(streets: ReportStreets | null): string {
  if (!streets) return "—";
  const { mean, low, high } = streets;
  return `${sayProbability(mean)} (${sayProbability(low)}–${sayProbability(high)})`;
}

function Work({ periods }: { periods: ReportPeriod[] }) {
  const { t } = useTranslation();
  const heads = [
    "period",
    "plans",
    "stops",
    "done_share",
    "units",
    "standing",
    "driving",
    "hit_share",
    "expected",
    "streets",
  ];
  return (
    <section>
      <h2 className="section-title">{t("report.work")}</h2>
      <WideTable label={t("report.work")}>
        <Table aria-label={t("report.work")}>
          <Heads of="report" heads={heads} />
          <Table.Tbody>
            {periods.map((one) => (
              <Table.Tr key={one.from_us}>
                <Period one={one} />
                <Count>{one.plans}</Count>
                <Count>{one.tally.stops}</Count>
                <Count>{sayReportShare(one.done_share, t)}</Count>
                <Count>{one.units}</Count>
                <Count>{sayDuration(one.standing_s, t)}</Count>
                <Count>{sayDuration(one.driving_s, t)}</Count>
                <Count>{sayReportShare(one.hit_share, t)}</Count>
                <Count>{one.hits_expected.toFixed(1)}</Count>
                <Count>{sayStreets(one.streets)}</Count>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </section>
  );
}

function Boxes({ report }: { report: PatrolReport }) {
  const { t } = useTranslation();
  return (
    <section>
      <h2 className="section-title">{t("report.boxes")}</h2>
      <p className="dim">{t("report.boxes_hint")}</p>
      <WideTable label={t("report.boxes")}>
        <Table aria-label={t("report.boxes")}>
          <Heads
            of="report"
            heads={["box", "beat", "on_time", "late", "missed", "on_time_share", "guessed", "entropy"]}
          />
          <Table.Tbody>
            {report.boxes.slice(0, BOXES_SHOWN).map((one) => (
              <Table.Tr key={one.id} data-testid="report-box">
                <Table.Td>{`${one.number} ${one.name}`.trim()}</Table.Td>
                <Table.Td>{`${one.station} ${one.beat}`.trim() || "—"}</Table.Td>
                <Count>{one.visits.on_time}</Count>
                <Count>{one.visits.late}</Count>
                <Count>{one.visits.missed}</Count>
                <Count>{sayReportShare(one.visits.on_time_share, t)}</Count>
                <Count>{sayReportShare(one.guessed, t)}</Count>
                <Count>{one.hour_entropy === null ? "—" : one.hour_entropy.toFixed(2)}</Count>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
      {(report.is_cut || report.boxes.length > BOXES_SHOWN) && <p className="dim">{t("report.more")}</p>}
    </section>
  );
}

function Crews({ report }: { report: PatrolReport }) {
  const { t } = useTranslation();
  if (report.units.length === 0) return null;
  return (
    <section>
      <h2 className="section-title">{t("report.crews")}</h2>
      <WideTable label={t("report.crews")}>
        <Table aria-label={t("report.crews")}>
          <Heads of="report" heads={["unit", "shifts", "stops", "done", "skipped", "standing", "driving"]} />
          <Table.Tbody>
            {report.units.map((unit) => (
              <Table.Tr key={unit.unit}>
                <Table.Td>{unit.call_sign}</Table.Td>
                <Count>{unit.shifts}</Count>
                <Count>{unit.stops}</Count>
                <Count>{unit.done}</Count>
                <Count>{unit.skipped}</Count>
                <Count>{sayDuration(unit.standing_s, t)}</Count>
                <Count>{sayDuration(unit.driving_s, t)}</Count>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </section>
  );
}

function Guess({ report }: { report: PatrolReport }) {
  const { t } = useTranslation();
  return (
    <dl className="numbers" data-testid="report-guess">
      <div>
        <dt>{t("report.number_boxes")}</dt>
        <dd className="number">{report.boxes_in_use}</dd>
      </div>
      <div>
        <dt>{t("report.number_guessed")}</dt>
        <dd className="number">{report.guessed ? sayProbability(report.guessed.share) : "—"}</dd>
      </div>
      <div>
        <dt>{t("report.number_entropy")}</dt>
        <dd className="number">{report.hour_entropy === null ? "—" : report.hour_entropy.toFixed(2)}</dd>
      </div>
    </dl>
  );
}

export function Report({ params, go }: Props) {
  const { t } = useTranslation();
  const by = params.by === "month" ? "month" : "week";
  const query = useReport(by, params.station);
  return (
    <>
      <div className="filters not-printed">
        <StationSelect
          value={params.station}
          onChange={(station) => go({ station, beat: "" })}
          testId="report-station"
        />
        <SegmentedControl
          aria-label={t("report.by")}
          value={by}
          onChange={(next) => go({ by: next === "month" ? "month" : "" })}
          data={[
            { value: "week", label: t("report.by_week") },
            { value: "month", label: t("report.by_month") },
          ]}
          data-testid="report-by"
        />
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          disabled={!query.data}
          onClick={() => query.data && saveReport(query.data, t)}
          data-testid="report-csv"
        >
          {t("box.csv")}
        </Button>
        <Button variant="default" disabled={!query.data} onClick={() => window.print()}>
          {t("report.print")}
        </Button>
      </div>
      <Answer query={query}>
        {(report) =>
          report.boxes_in_use === 0 ? (
            <Empty title={t("box.none")} hint={t("box.none_hint")} />
          ) : (
            <div className="report-parts">
              <h1 className="report-title">
                {t("report.title")} {report.station}
              </h1>
              <Guess report={report} />
              <p className="dim">{t("report.hint")}</p>
              <CheckIns periods={report.periods} />
              <Work periods={report.periods} />
              <Boxes report={report} />
              <Crews report={report} />
            </div>
          )
        }
      </Answer>
    </>
  );
}
