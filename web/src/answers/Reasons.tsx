import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answers } from "../app/api/calls.answers";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";
import { csvText, saveFile } from "../investigate/csv";
import { isMonth, monthOf, monthsFrom } from "./month";

export function Reasons() {
  const { t } = useTranslation();
  const now = monthOf(Date.now() * 1000);
  const [from, setFrom] = useState(monthsFrom(now, -2));
  const [until, setUntil] = useState(now);
  const query = useQuery({
    queryKey: ["reasons", from, until],
    queryFn: () => answers.reasons(from, until),
    enabled: isMonth(from) && isMonth(until),
    // Each look is a leaf of the log: it is read when somebody asks.
    refetchOnWindowFocus: false,
  });
  const heads = ["month", "asked", "code", "office", "count"].map((name) => t(`answers.${name}`));
  return (
    <section className="stack" data-testid="reasons-report">
      <div className="filters">
        <TextInput
          type="month"
          label={t("answers.month_from")}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="month"
          label={t("answers.month_until")}
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
      </div>
      <Answer query={query}>
        {({ lines }) =>
          lines.length === 0 ? (
            <Empty title={t("answers.none")} hint={t("answers.none_hint")} />
          ) : (
            <div className="stack">
              <Button
                variant="default"
                className="start"
                onClick={() =>
                  saveFile(
                    `shouhu-reasons-${from}-${until}.csv`,
                    csvText(
                      heads,
                      lines.map((line) => [
                        line.month,
                        line.asked,
                        line.code,
                        line.office,
                        String(line.count),
                      ]),
                    ),
                  )
                }
              >
                {t("answers.csv")}
              </Button>
              <WideTable label={t("answers.tab_reasons")}>
                <table className="count-table">
                  <thead>
                    <tr>
                      {heads.map((head) => (
                        <th key={head}>{head}</th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {lines.map((line) => (
                      <tr
                        key={`${line.month} ${line.asked} ${line.code} ${line.office}`}
                        data-testid="reason-row"
                      >
                        <td className="number">{line.month}</td>
                        <td>{t(`asked.${line.asked}`)}</td>
                        <td>{t(`reason_code.${line.code}`, { defaultValue: line.code })}</td>
                        <td>{line.office || t("answers.nobody")}</td>
                        <td className="number">{line.count}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </WideTable>
            </div>
          )
        }
      </Answer>
    </section>
  );
}
