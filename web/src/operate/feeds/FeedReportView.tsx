// What became of a file: numbers, then why rows were refused, then the rows.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { FeedReport, Refusal } from "../../app/api/types.feeds";
import { Icon } from "../../app/icons";
import { csvText, saveFile } from "../../investigate/csv";
import { RosterTable } from "../Roster";

const NUMBERS = ["rows", "accepted", "duplicates", "late", "refused"] as const;

export function FeedReportView({ report, name }: { report: FeedReport; name: string }) {
  const { t } = useTranslation();
  const why = ({ key, reason }: Refusal) => t(`errors.${key}`, { defaultValue: reason });
  const heads = ["line", "column", "value", "reason"].map((head) => t(`feed.head_${head}`));
  const save = () =>
    saveFile(
      `${name}-refused.csv`,
      csvText(
        heads,
        report.refusals.map((one) => [one.line, one.column, one.value ?? "", why(one)]),
      ),
    );
  return (
    <div className="feed-report" data-testid="feed-report">
      <dl className="numbers">
        {NUMBERS.map((what) => (
          <div key={what} className={what === "refused" && report.refused > 0 ? "ink-warn" : undefined}>
            <dt>{t(`feed.count_${what}`)}</dt>
            <dd className="number">{report[what].toLocaleString("en")}</dd>
          </div>
        ))}
      </dl>
      {report.cut !== null && <p className="note-warn">▲ {t("feed.cut", { reason: report.cut })}</p>}
      <p className="dim">
        {t(`feed.format_${report.format}`)}
        {report.charset && ` · ${report.charset}`}
        {report.passages !== report.rows && ` · ${t("feed.passages", { count: report.passages })}`}
        {report.cells_ignored > 0 && ` · ${t("feed.cells_ignored", { count: report.cells_ignored })}`}
        {report.columns_unused.length > 0 &&
          ` · ${t("feed.unused", { names: report.columns_unused.join(t("app.list_joiner")) })}`}
      </p>
      {report.refused > 0 && (
        <>
          <ul className="feed-reasons">
            {report.refused_for.map(({ key, rows }) => (
              <li key={key}>
                <strong className="number">{rows.toLocaleString("en")}</strong>{" "}
                {t(`errors.${key}`, { defaultValue: key })}
              </li>
            ))}
          </ul>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard */}
          <section className="wide-table feed-refusals" tabIndex={0} aria-label={t("feed.refusals")}>
            <RosterTable
              rows={report.refusals.map((one, at) => ({ ...one, at }))}
              idOf={(one) => String(one.at)}
              rowTestId="refusal-row"
              columns={[
                { key: "line", head: t("feed.head_line"), show: (one) => one.line, className: "number" },
                { key: "column", head: t("feed.head_column"), show: (one) => one.column || "—" },
                {
                  key: "value",
                  head: t("feed.head_value"),
                  show: (one) => one.value || "—",
                  className: "code",
                },
                { key: "reason", head: t("feed.head_reason"), show: why },
              ]}
            />
          </section>
          <div className="feed-acts">
            {report.refused > report.refusals.length && (
              <span className="dim">{t("feed.first_hundred", { count: report.refusals.length })}</span>
            )}
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="download" size={16} />}
              onClick={save}
            >
              {t("feed.save_refusals")}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}
