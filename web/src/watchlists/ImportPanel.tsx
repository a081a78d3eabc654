// A file becomes proposals in three looks: dry run, submit, and another person's approval.

import { Button, Select, Table } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { watchlists } from "../app/api/calls";
import type { Id, ImportReport } from "../app/api/types";
import { DropFile } from "../app/DropFile";
import { Icon } from "../app/icons";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { cell, saveFile } from "../investigate/csv";

const LIMIT_BYTES = 10 * 1024 * 1024;
const SHOWN_ERRORS = 200;

function errorsCsv(report: ImportReport, heads: string[]): string {
  const lines = report.errors.map((e) => [e.row, e.column, e.value, e.message].map(cell).join(","));
  return `\uFEFF${[heads.map(cell).join(","), ...lines].join("\r\n")}\r\n`;
}

function Report({ report, name }: { report: ImportReport; name: string }) {
  const { t } = useTranslation();
  const heads = ["row", "column", "value", "message"].map((head) => t(`import.head_${head}`));
  return (
    <section className="import-report" data-testid="import-report">
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
      {report.errors.length > 0 && (
        <>
          <Button
            variant="default"
            leftSection={<Icon name="download" size={16} />}
            onClick={() => saveFile(`${name}-errors.csv`, errorsCsv(report, heads))}
          >
            {t("import.download_errors")}
          </Button>
          <Table stickyHeader>
            <Table.Thead>
              <Table.Tr>
                {heads.map((head) => (
                  <Table.Th key={head}>{head}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {report.errors.slice(0, SHOWN_ERRORS).map((e) => (
                <Table.Tr key={`${e.row}-${e.column}-${e.key}`}>
                  <Table.Td className="number">{e.row}</Table.Td>
                  <Table.Td>{e.column}</Table.Td>
                  <Table.Td className="code">{e.value || "—"}</Table.Td>
                  <Table.Td>{t(`errors.${e.key}`, { value: e.value, defaultValue: e.message })}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {report.errors.length > SHOWN_ERRORS && <p className="dim">{t("import.more_errors")}</p>}
        </>
      )}
    </section>
  );
}

function ApproveImport() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [id, setId] = useState("");
  const approve = useMutation({
    mutationFn: (which: Id) => watchlists.approveImport(which),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["entries"] }),
  });
  return (
    <section className="panel">
      <h2 className="section-title">{t("import.approve_title")}</h2>
      <p className="dim">{t("import.approve_hint")}</p>
      <div className="inline-form">
        <input
          className="plain-input code"
          aria-label={t("import.number")}
          placeholder={t("import.number")}
          value={id}
          onChange={(event) => setId(event.currentTarget.value.trim())}
          data-testid="import-number"
        />
        <Button
          disabled={!id}
          loading={approve.isPending}
          onClick={() => approve.mutate(id)}
          data-testid="approve-import"
        >
          {t("import.approve")}
        </Button>
      </div>
      {approve.data && <p role="status">{t("import.approved", { count: approve.data.approved })}</p>}
      {approve.error && <Failure error={approve.error} />}
    </section>
  );
}

export function ImportPanel() {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [encoding, setEncoding] = useState("auto");
  const dryRun = useMutation({ mutationFn: (chosen: File) => watchlists.importFile(chosen, true, encoding) });
  const submit = useMutation({
    mutationFn: (chosen: File) => watchlists.importFile(chosen, false, encoding),
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
          <p className="note-good" role="status">
            {t("import.submitted", { count: submit.data.accepted })}{" "}
            <span className="code" data-testid="import-id">
              {submit.data.import}
            </span>
          </p>
        )}
      </section>
      {may("watchlists.approve") && <ApproveImport />}
    </div>
  );
}
