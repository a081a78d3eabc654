// A file becomes proposals in three looks: dry run, submit, and another person's approval.

import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ImportDefaults, watchlists } from "../app/api/calls";
import type { ImportReport } from "../app/api/types";
import { DropFile } from "../app/DropFile";
import { ImportErrors } from "../app/ImportErrors";
import { useLegalBases } from "../app/queries";
import { Failure } from "../app/states";

const LIMIT_BYTES = 10 * 1024 * 1024;
const NO_DEFAULTS: ImportDefaults = { legal_basis: "", owner: "", reason: "", expires: "" };

function Report({ report, name }: { report: ImportReport; name: string }) {
  const { t } = useTranslation();
  return (
    <section className="import-result" data-testid="import-report">
      <dl className="numbers">
        {(["rows", "accepted", "duplicates"] as const).map((what) => (
          <div key={what}>
            <dt>{t(`import.${what}`)}</dt>
            <dd className="number">{report[what]}</dd>
          </div>
        ))}
        <div className={report.errors.length > 0 ? "ink-warn" : undefined}>
          <dt>{t("import.errors")}</dt>
          <dd className="number">{report.errors.length}</dd>
        </div>
      </dl>
      <p className="dim">
        {name} · {report.format.toUpperCase()} · {report.encoding}
        {Object.entries(report.columns).map(
          ([ours, theirs]) => ` · ${theirs} → ${t(`import.column_${ours}`, { defaultValue: ours })}`,
        )}
      </p>
      <ImportErrors errors={report.errors} name={name} />
    </section>
  );
}

export function ImportPanel() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [encoding, setEncoding] = useState("auto");
  const [defaults, setDefaults] = useState<ImportDefaults>(NO_DEFAULTS);
  const bases = useLegalBases();
  const isEnglish = useTranslation().i18n.language === "en";
  const dryRun = useMutation({
    mutationFn: (chosen: File) => watchlists.importFile(chosen, true, encoding, defaults),
  });
  const submit = useMutation({
    mutationFn: (chosen: File) => watchlists.importFile(chosen, false, encoding, defaults),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["entries"] }),
  });
  const report = submit.data ?? dryRun.data;
  return (
    <div className="import">
      <section className="panel">
        <div className="import-top">
          <DropFile
            accept=".csv,.xlsx,text/csv"
            label={t("import.drop")}
            hint={t("import.drop_hint")}
            limit={LIMIT_BYTES}
            isBusy={dryRun.isPending}
            onFile={(chosen) => {
              setFile(chosen);
              submit.reset();
              dryRun.mutate(chosen);
            }}
            testId="import-file"
          />
          <Select
            label={t("import.encoding")}
            description={t("import.encoding_hint")}
            data={[
              { value: "auto", label: t("import.encoding_auto") },
              { value: "utf-8", label: "UTF-8" },
              { value: "cp950", label: "Big5 / CP950" },
            ]}
            value={encoding}
            onChange={(value) => setEncoding(value ?? "auto")}
            allowDeselect={false}
          />
        </div>
        <details>
          <summary>{t("import.defaults")}</summary>
          <div className="filters">
            <Select
              label={t("watch.basis")}
              data={(bases.data ?? []).map((b) => ({
                value: b.key,
                label: isEnglish ? b.title_en : b.title_zh,
              }))}
              value={defaults.legal_basis || null}
              onChange={(value) => setDefaults({ ...defaults, legal_basis: value ?? "" })}
              clearable
            />
            <TextInput
              label={t("watch.owner")}
              value={defaults.owner}
              onChange={(event) => setDefaults({ ...defaults, owner: event.currentTarget.value })}
            />
            <TextInput
              label={t("watch.reason")}
              value={defaults.reason}
              onChange={(event) => setDefaults({ ...defaults, reason: event.currentTarget.value })}
            />
            <TextInput
              type="date"
              label={t("watch.expires")}
              value={defaults.expires}
              onChange={(event) => setDefaults({ ...defaults, expires: event.currentTarget.value })}
            />
            {file && (
              <Button variant="default" loading={dryRun.isPending} onClick={() => dryRun.mutate(file)}>
                {t("import.again")}
              </Button>
            )}
          </div>
        </details>
        {dryRun.error && <Failure error={dryRun.error} />}
        {report && file && <Report report={report} name={file.name} />}
        {dryRun.data && file && !submit.data && (
          <Button
            size="md"
            className="start"
            disabled={dryRun.data.accepted === 0}
            loading={submit.isPending}
            onClick={() => submit.mutate(file)}
            data-testid="import-submit"
          >
            {t("import.submit", { count: dryRun.data.accepted })}
          </Button>
        )}
        {submit.error && <Failure error={submit.error} />}
        {submit.data && (
          <p className="note-good" role="status" data-testid="import-done">
            {t("import.submitted", { count: submit.data.accepted })}
          </p>
        )}
      </section>
    </div>
  );
}
