// A file of boxes in two looks: first what would become of it, then, when a person says so, it is taken in.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { patrol } from "../app/api/calls.patrol";
import type { BoxImport as Report } from "../app/api/types.patrol";
import { DropFile } from "../app/DropFile";
import { Icon } from "../app/icons";
import { Failure } from "../app/states";
import { saveFile } from "../investigate/csv";
import { UploadProgress } from "../operate/UploadProgress";
import { upload } from "../operate/upload";
import { BoxImportReport } from "./BoxImportReport";

const LIMIT_BYTES = 8 * 1024 * 1024;

/** One line to write over: the headings are what matters. */
const SAMPLE =
  "\uFEFF編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\r\nYK-001,永康國小側門,永康派出所,第3勤區,120.25719,23.02634,24,夜間側門燈不亮\r\n";

export function BoxImport({ onPrint }: { onPrint: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState(0);
  const send = (chosen: File, isDryRun: boolean) => {
    setShare(0);
    return upload<Report>(patrol.importPath(isDryRun), chosen, setShare);
  };
  const check = useMutation({ mutationFn: (chosen: File) => send(chosen, true) });
  const take = useMutation({
    mutationFn: (chosen: File) => send(chosen, false),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["patrol-boxes"] });
      void client.invalidateQueries({ queryKey: ["patrol-summary"] });
      void client.invalidateQueries({ queryKey: ["patrol-codes"] });
    },
  });
  const isBusy = check.isPending || take.isPending;
  const report = take.data ?? check.data;
  const due = check.data ? check.data.accepted + check.data.changed : 0;
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
      <DropFile
        accept=".csv,.txt,text/csv"
        label={t("box.import_drop")}
        hint={t("box.import_drop_hint")}
        limit={LIMIT_BYTES}
        isBusy={isBusy}
        onFile={(chosen) => {
          setFile(chosen);
          take.reset();
          check.mutate(chosen);
        }}
        testId="boxes-file"
      />
      {isBusy && (
        <UploadProgress
          share={share}
          working={t(check.isPending ? "box.import_checking" : "box.import_taking")}
        />
      )}
      {(take.error ?? check.error) && <Failure error={take.error ?? check.error} />}
      {file && report && !check.isPending && (
        <>
          {take.data ? (
            <div className="note-good box-undo" role="status" data-testid="boxes-imported">
              <span>✓ {t("box.imported", { added: take.data.accepted, changed: take.data.changed })}</span>
              <Button size="sm" onClick={onPrint}>
                {t("box.tab_print")}
              </Button>
            </div>
          ) : (
            <p role="status">
              <strong>{t("box.import_checked", { name: file.name })}</strong> {t("box.import_checked_hint")}
            </p>
          )}
          <BoxImportReport report={report} name={file.name} />
          {check.data && !take.data && (
            <Button
              className="start"
              size="md"
              disabled={due === 0}
              loading={take.isPending}
              onClick={() => take.mutate(file)}
              data-testid="boxes-take"
            >
              {t("box.import_take", { count: due })}
            </Button>
          )}
        </>
      )}
    </section>
  );
}
