// A station's roster as a file: looked at first; taken whole or not at all.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { shifts as calls } from "../app/api/calls.shifts";
import type { ShiftImport as Report } from "../app/api/types.shifts";
import { ImportErrors } from "../app/ImportErrors";
import { Icon } from "../app/icons";
import { saveFile } from "../investigate/csv";
import { CheckedUpload } from "../operate/CheckedUpload";

const LIMIT_BYTES = 4 * 1024 * 1024;
const SAMPLE =
  "\uFEFF日期,警力,姓名,起,迄\r\n115/11/22,永康 21,王小明,08:00,20:00\r\n115/11/22,永康 21,陳大文,20:00,08:00\r\n";

function ReportView({ report, name }: { report: Report; name: string }) {
  const { t } = useTranslation();
  return (
    <div className="import-result" data-testid="shift-report">
      <dl className="numbers">
        {(["rows", "accepted", "unchanged"] as const).map((what) => (
          <div key={what} data-testid={`shift-import-${what}`}>
            <dt>{t(`shift.import_${what}`)}</dt>
            <dd className="number">{report[what].toLocaleString("en")}</dd>
          </div>
        ))}
        <div className={report.errors.length > 0 ? "ink-warn" : undefined} data-testid="shift-import-errors">
          <dt>{t("import.errors")}</dt>
          <dd className="number">{report.errors.length.toLocaleString("en")}</dd>
        </div>
      </dl>
      {report.errors.length > 0 && (
        <>
          <p className="note-warn">▲ {t("shift.import_all_or_none")}</p>
          <ImportErrors
            errors={report.errors}
            name={name}
            more={report.more_errors}
            sayColumn={(column) => t(`shift.column_${column}`)}
            noteOf={(row) => (row.key?.startsWith("dispatch.roster.overlap") ? row.message : undefined)}
          />
        </>
      )}
    </div>
  );
}

export function ShiftImport() {
  const { t } = useTranslation();
  return (
    <section className="panel">
      <p>{t("shift.import_intro")}</p>
      <Button
        className="start"
        size="xs"
        variant="default"
        leftSection={<Icon name="download" size={16} />}
        onClick={() => saveFile("roster-sample.csv", SAMPLE)}
      >
        {t("box.import_sample")}
      </Button>
      <CheckedUpload<Report>
        accept=".csv,.txt,text/csv"
        limit={LIMIT_BYTES}
        pathOf={(_, isDryRun) => calls.importPath(isDryRun)}
        dueOf={(report) => report.accepted}
        refreshes={["shifts", "shift-board"]}
        words={{
          drop: t("shift.import_drop"),
          dropHint: t("shift.import_drop_hint"),
          checking: t("box.import_checking"),
          taking: t("box.import_taking"),
          checked: (name) => t("box.import_checked", { name }),
          checkedHint: t("box.import_checked_hint"),
          take: (count) => t("shift.import_take", { count }),
          taken: (report) => (
            <p className="note-good" role="status" data-testid="shifts-imported">
              ✓ {t("shift.imported", { count: report.accepted })}
            </p>
          ),
        }}
        show={(report, name) => <ReportView report={report} name={name} />}
        size="md"
        fileTestId="shifts-file"
        takeTestId="shifts-take"
      />
    </section>
  );
}
