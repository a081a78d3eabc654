// How long each link took, by period: counts and percentiles for supervisors, on the screen and as a file.

import { Button, Select, Table, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipeiDay } from "../app/age";
import { reports } from "../app/api/calls.shifts";
import { type Division, type IntervalReport, LINKS, type Period, type Spread } from "../app/api/types.shifts";
import { DispatchNav } from "../app/DispatchNav";
import { Icon } from "../app/icons";
import { useKindTitle } from "../app/queries";
import { saySeconds } from "../app/say";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";
import { csvText, fileName, saveFile } from "../investigate/csv";
import { Chain } from "./Chain";
import { type Asked, csvRows, groupName, windowOf } from "./rows";

const PERIODS: Period[] = ["day", "week", "month"];
const DIVISIONS: Division[] = ["none", "kind", "priority", "district"];

function SpreadCell({ spread, few }: { spread: Spread; few: number }) {
  const { t } = useTranslation();
  if (spread.n === 0) return <span className="dim">—</span>;
  if (spread.p50_s === null || spread.p90_s === null || spread.p95_s === null) {
    return (
      <span className="dim" title={t("interval.few_hint", { n: spread.n })}>
        {spread.n < few ? `${t("interval.few")} (${spread.n})` : "—"}
      </span>
    );
  }
  return (
    <span className="number">
      <strong>{saySeconds(spread.p50_s, t)}</strong> / {saySeconds(spread.p90_s, t)} /{" "}
      {saySeconds(spread.p95_s, t)} <span className="dim">n={spread.n}</span>
    </span>
  );
}

function Rows({ report }: { report: IntervalReport }) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const name = groupName(report.division, kindTitle, t);
  if (report.items.length === 0) return <Empty title={t("interval.none")} />;
  const save = () => {
    const { heads, rows } = csvRows(report, name, t);
    saveFile(fileName("intervals", taipeiDay(report.from_us), report.period), csvText(heads, rows));
  };
  return (
    <>
      {report.is_cut && <p className="note-warn">▲ {t("interval.cut")}</p>}
      <div className="acts not-printed">
        <Button
          variant="default"
          leftSection={<Icon name="print" size={16} />}
          onClick={() => window.print()}
          data-testid="intervals-print"
        >
          {t("tour.print")}
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          onClick={save}
          data-testid="intervals-csv"
        >
          {t("interval.csv")}
        </Button>
      </div>
      <WideTable label={t("room.intervals")}>
        <Table data-testid="intervals">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("interval.period")}</Table.Th>
              {report.division !== "none" && <Table.Th>{t(`interval.division_${report.division}`)}</Table.Th>}
              <Table.Th>{t("interval.incidents")}</Table.Th>
              {LINKS.map((link) => (
                <Table.Th key={link}>
                  {t(`interval.${link}`)}
                  <br />
                  <span className="dim">p50 / p90 / p95</span>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.items.map((row) => (
              <Table.Tr key={`${row.period} ${row.group}`} data-testid="interval-row">
                <Table.Td className="number">{row.period}</Table.Td>
                {report.division !== "none" && <Table.Td>{name(row.group)}</Table.Td>}
                <Table.Td className="number">{row.incidents}</Table.Td>
                {LINKS.map((link) => (
                  <Table.Td key={link}>
                    <SpreadCell spread={row[link]} few={report.few} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </>
  );
}

export default function IntervalsPage() {
  const { t } = useTranslation();
  const today = taipeiDay(Date.now() * 1000);
  const [asked, setAsked] = useState<Asked>({
    from: `${today.slice(0, 8)}01`,
    until: today,
    period: "day",
    division: "none",
  });
  const days = windowOf(asked);
  const query = useQuery({
    queryKey: ["intervals", asked],
    enabled: days !== null,
    queryFn: () => reports.intervals(days?.from_us ?? 0, days?.until_us ?? 0, asked.period, asked.division),
  });
  const few = query.data?.few ?? 5;
  return (
    <div className="page">
      <DispatchNav />
      <p>{t("interval.intro", { few })}</p>
      <div className="filters">
        <TextInput
          type="date"
          label={t("interval.from")}
          value={asked.from}
          onChange={(event) => setAsked({ ...asked, from: event.currentTarget.value })}
          data-testid="intervals-from"
        />
        <TextInput
          type="date"
          label={t("interval.until")}
          value={asked.until}
          onChange={(event) => setAsked({ ...asked, until: event.currentTarget.value })}
          error={days === null && t("interval.window")}
          data-testid="intervals-until"
        />
        <Select
          label={t("interval.period")}
          data={PERIODS.map((value) => ({ value, label: t(`interval.period_${value}`) }))}
          value={asked.period}
          onChange={(value) => value && setAsked({ ...asked, period: value as Period })}
          allowDeselect={false}
          data-testid="intervals-period"
        />
        <Select
          label={t("interval.division")}
          data={DIVISIONS.map((value) => ({ value, label: t(`interval.division_${value}`) }))}
          value={asked.division}
          onChange={(value) => value && setAsked({ ...asked, division: value as Division })}
          allowDeselect={false}
          data-testid="intervals-division"
        />
      </div>
      {days && <Answer query={query}>{(report) => <Rows report={report} />}</Answer>}
      {days && <Chain from_us={days.from_us} few={few} />}
    </div>
  );
}
