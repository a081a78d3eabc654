import { Button, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { BoxImport } from "../app/api/types.patrol";
import { Icon } from "../app/icons";
import { csvText, saveFile } from "../investigate/csv";

const SHOWN = 200;
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
  const say = (row: (typeof errors)[number]) =>
    t(`errors.${row.key}`, { value: row.value ?? "", defaultValue: row.message ?? row.key ?? "" });
  const heads = ["row", "column", "value", "message"].map((head) => t(`import.head_${head}`));
  const save = () => {
    const lines = errors.map((row) => [row.row ?? null, row.column ?? "", row.value ?? "", say(row)]);
    saveFile(`${name}-errors.csv`, csvText(heads, lines));
  };
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
      {errors.length > 0 && (
        <>
          <Button
            className="start"
            size="xs"
            variant="default"
            leftSection={<Icon name="download" size={16} />}
            onClick={save}
          >
            {t("import.download_errors")}
          </Button>
          <div className="wide-table import-errors">
            <Table stickyHeader aria-label={t("box.import_errors")}>
              <Table.Thead>
                <Table.Tr>
                  {heads.map((head) => (
                    <Table.Th key={head}>{head}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {errors.slice(0, SHOWN).map((row) => (
                  <Table.Tr key={`${row.row}-${row.column}-${row.key}`} data-testid="import-error">
                    <Table.Td className="number">{row.row ?? "—"}</Table.Td>
                    <Table.Td>{row.column || "—"}</Table.Td>
                    <Table.Td className="code">{row.value || "—"}</Table.Td>
                    <Table.Td>{say(row)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
          {errors.length > SHOWN && <p className="dim">{t("import.more_errors")}</p>}
        </>
      )}
    </div>
  );
}
