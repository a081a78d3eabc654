// The chief's file of boxes: looked at, then taken in.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { patrol } from "../app/api/calls.patrol";
import type { BoxImport as Report } from "../app/api/types.patrol";
import { Icon } from "../app/icons";
import { saveFile } from "../investigate/csv";
import { CheckedUpload } from "../operate/CheckedUpload";
import { BoxImportReport } from "./BoxImportReport";

const LIMIT_BYTES = 8 * 1024 * 1024;

/** One line to write over: the headings are what matters. */
const SAMPLE =
  "\uFEFF編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\r\nYK-001,永康國小側門,永康派出所,第3勤區,120.25719,23.02634,24,夜間側門燈不亮\r\n";

export function BoxImport({ onPrint }: { onPrint: () => void }) {
  const { t } = useTranslation();
  return (
    <section className="panel">
      <p>{t("box.import_intro")}</p>
      <Button
        className="start"
        size="xs"
        variant="default"
        leftSection={<Icon name="download" size={16} />}
        onClick={() => saveFile("patrol-boxes-sample.csv", SAMPLE)}
      >
        {t("box.import_sample")}
      </Button>
      <CheckedUpload<Report>
        accept=".csv,.txt,text/csv"
        limit={LIMIT_BYTES}
        pathOf={(_, isDryRun) => patrol.importPath(isDryRun)}
        dueOf={(report) => report.accepted + report.changed}
        refreshes={["patrol-boxes", "patrol-summary", "patrol-codes"]}
        words={{
          drop: t("box.import_drop"),
          dropHint: t("box.import_drop_hint"),
          checking: t("box.import_checking"),
          taking: t("box.import_taking"),
          checked: (name) => t("box.import_checked", { name }),
          checkedHint: t("box.import_checked_hint"),
          take: (count) => t("box.import_take", { count }),
          taken: (report) => (
            <div className="note-good box-undo" role="status" data-testid="boxes-imported">
              <span>✓ {t("box.imported", { added: report.accepted, changed: report.changed })}</span>
              <Button size="sm" onClick={onPrint}>
                {t("box.tab_print")}
              </Button>
            </div>
          ),
        }}
        show={(report, name) => <BoxImportReport report={report} name={name} />}
        size="md"
        fileTestId="boxes-file"
        takeTestId="boxes-take"
      />
    </section>
  );
}
