// What people were asked for and did not do, by reason, office and month.

import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answers } from "../app/api/calls.answers";
import type { ReasonLine } from "../app/api/types.reasons";
import { Heads } from "../app/Heads";
import { ProvedDownload } from "../app/ProvedDownload";
import { sayReason } from "../app/reasonText";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";
import { MonthField } from "./MonthField";
import { monthOf, monthsFault, monthsFrom } from "./month";
import "./lines.css";

function Lines({ lines }: { lines: ReasonLine[] }) {
  const { t } = useTranslation();
  return (
    <div className="report-lines folded-lines">
      <WideTable label={t("answers.tab_reasons")}>
        <Table>
          <Heads of="answers" heads={["month", "asked", "code", "office", "count"]} ends={["count"]} />
          <Table.Tbody>
            {lines.map((line) => (
              <Table.Tr
                key={`${line.month} ${line.asked} ${line.code} ${line.office}`}
                data-testid="reason-row"
              >
                <Table.Td className="number">{line.month}</Table.Td>
                <Table.Td>{t(`asked.${line.asked}`)}</Table.Td>
                <Table.Td>{sayReason(line.asked, line.code, t)}</Table.Td>
                <Table.Td>{line.office || t("answers.nobody")}</Table.Td>
                <Table.Td className="number number-cell">{line.count}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </div>
  );
}

export function Reasons() {
  const { t } = useTranslation();
  const now = monthOf(Date.now() * 1000);
  const [from, setFrom] = useState(monthsFrom(now, -2));
  const [until, setUntil] = useState(now);
  const fault = monthsFault(from, until, now);
  const isWhole = fault.from === null && fault.until === null;
  const query = useQuery({
    queryKey: ["reasons", from, until],
    queryFn: () => answers.reasons(from, until),
    enabled: isWhole,
    // Each look is a leaf of the log: it is read when somebody asks.
    refetchOnWindowFocus: false,
  });
  return (
    <section className="stack" data-testid="reasons-report">
      <div className="filters">
        <MonthField
          label={t("answers.month_from")}
          value={from}
          fault={fault.from}
          max={now}
          onChange={setFrom}
          testId="month-from"
        />
        <MonthField
          label={t("answers.month_until")}
          value={until}
          fault={fault.until}
          max={now}
          onChange={setUntil}
          testId="month-until"
        />
      </div>
      {isWhole && (
        <Answer query={query}>
          {({ lines }) =>
            lines.length === 0 ? (
              <Empty title={t("answers.none")} hint={t("answers.none_hint")} />
            ) : (
              <>
                <ProvedDownload
                  variant="default"
                  className="start"
                  path={answers.reasonsCsv(from, until)}
                  name={`shouhu-reasons-${from}-${until}.csv`}
                  testId="reasons-csv"
                >
                  {t("answers.csv")}
                </ProvedDownload>
                <Lines lines={lines} />
              </>
            )
          }
        </Answer>
      )}
    </section>
  );
}
