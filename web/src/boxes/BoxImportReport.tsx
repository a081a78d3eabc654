import { useTranslation } from "react-i18next";
import type { BoxImport } from "../app/api/types.patrol";
import { ImportErrors } from "../app/ImportErrors";

const COLUMNS = ["number", "name", "station", "beat", "lon", "lat", "every_h", "note"] as const;

function Columns({ columns }: { columns: Record<string, string> }) {
  const { t } = useTranslation();
  return (
    <dl className="import-columns" data-testid="import-columns">
      {COLUMNS.map((ours) => (
        <div key={ours} className={columns[ours] ? undefined : "dim"}>
          <dt>{t(`box.column_${ours}`)}</dt>
          <dd>{columns[ours] ? `← ${columns[ours]}` : t("box.column_absent")}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Counts, which column was read as what, and every row that could not be read. */
export function BoxImportReport({ report, name }: { report: BoxImport; name: string }) {
  const { t } = useTranslation();
  const { errors } = report;
  return (
    <div className="import-result" data-testid="boxes-report">
      <dl className="numbers">
        {(["rows", "accepted", "changed", "unchanged"] as const).map((what) => (
          <div key={what} data-testid={`import-${what}`}>
            <dt>{t(`box.import_${what}`)}</dt>
            <dd className="number">{report[what].toLocaleString("en")}</dd>
          </div>
        ))}
        <div className={errors.length > 0 ? "ink-warn" : undefined} data-testid="import-errors">
          <dt>{errors.length > 0 ? `▲ ${t("box.import_errors")}` : t("box.import_errors")}</dt>
          <dd className="number">{errors.length.toLocaleString("en")}</dd>
        </div>
      </dl>
      <details open={errors.length > 0 || undefined}>
        <summary>
          {t("box.columns")} <span className="dim">· {report.encoding}</span>
        </summary>
        <Columns columns={report.columns} />
      </details>
      <ImportErrors errors={errors} name={name} />
    </div>
  );
}
