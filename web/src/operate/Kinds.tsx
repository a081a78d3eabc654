// The catalogue of 110 kinds: what is in force, and a city's own list in two looks.

import { useTranslation } from "react-i18next";
import { intake } from "../app/api/calls.intake";
import type { IncidentKind } from "../app/api/types";
import type { KindsImport } from "../app/api/types.intake";
import { ImportErrors } from "../app/ImportErrors";
import { useKinds } from "../app/queries";
import { Answer } from "../app/states";
import { CheckedUpload } from "./CheckedUpload";
import { RosterTable } from "./Roster";

const LIMIT_BYTES = 1024 * 1024;

function Changed({ report, name }: { report: KindsImport; name: string }) {
  const { t } = useTranslation();
  const lists = ["added", "changed", "retired", "kept"] as const;
  return (
    <section data-testid="kinds-report">
      <ul>
        {lists.map((name) => (
          <li key={name}>
            {t(`kinds.${name}`, { count: report[name].length })}
            {report[name].length > 0 && <span className="dim code"> {report[name].join(", ")}</span>}
          </li>
        ))}
        <li>{t("kinds.unchanged", { count: report.unchanged })}</li>
      </ul>
      {report.errors.length > 0 && (
        <div className="stack" data-testid="kinds-errors">
          <p className="note-warn" role="alert">
            {t("kinds.wrong", { count: report.errors.length })}
          </p>
          <ImportErrors errors={report.errors} name={name} />
        </div>
      )}
    </section>
  );
}

export function Kinds() {
  const { t } = useTranslation();
  const query = useKinds();
  const stateOf = (kind: IncidentKind) => (kind.retired ? "out_of_force" : "in_force");
  return (
    <div className="exchange">
      <section>
        <p className="dim">{t("kinds.intro")}</p>
        <CheckedUpload<KindsImport>
          accept=".csv,.txt,text/csv"
          limit={LIMIT_BYTES}
          pathOf={(_, isDryRun) => intake.kindsPath(isDryRun)}
          dueOf={(report) =>
            report.errors.length > 0 ? 0 : report.added.length + report.changed.length + report.retired.length
          }
          refreshes={["incident-kinds"]}
          words={{
            drop: t("kinds.drop"),
            dropHint: t("kinds.drop_hint"),
            checking: t("kinds.checking"),
            taking: t("kinds.taking"),
            checked: (name) => t("kinds.checked", { name }),
            checkedHint: t("kinds.checked_hint"),
            take: (count) => t("kinds.take", { count }),
            taken: (report) => (
              <p className="note-good" role="status" data-testid="kinds-taken">
                ✓ {t("kinds.taken", { version: report.version })}
              </p>
            ),
          }}
          show={(report, name) => <Changed report={report} name={name} />}
          fileTestId="kinds-file"
          takeTestId="kinds-take"
        />
      </section>
      <Answer query={query}>
        {(kinds) => (
          <RosterTable
            label={t("operate.tab_kinds")}
            rows={kinds}
            idOf={(kind) => kind.key}
            rowTestId="kind-row"
            columns={[
              { key: "key", head: t("kinds.key"), show: (kind) => kind.key, className: "code" },
              { key: "zh", head: t("kinds.zh"), show: (kind) => <strong>{kind.title_zh}</strong> },
              { key: "en", head: t("kinds.en"), show: (kind) => kind.title_en },
              {
                key: "priority",
                head: t("kinds.priority"),
                show: (kind) => kind.priority,
                className: "number",
              },
              {
                key: "aliases",
                head: t("kinds.aliases"),
                show: (kind) => (kind.aliases ?? []).join(t("app.list_joiner")),
              },
              { key: "state", head: t("kinds.state"), show: (kind) => t(`kinds.${stateOf(kind)}`) },
            ]}
          />
        )}
      </Answer>
    </div>
  );
}
