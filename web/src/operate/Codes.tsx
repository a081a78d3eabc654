// The house's radio codes: what is in force, and a list of one's own in two looks.

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { desk } from "../app/api/calls.desk";
import type { CodesImport } from "../app/api/types.desk";
import { useSession } from "../app/session";
import { Answer } from "../app/states";
import { CheckedUpload } from "./CheckedUpload";
import { RosterTable } from "./Roster";

const LIMIT_BYTES = 256 * 1024;

function Changed({ report }: { report: CodesImport }) {
  const { t } = useTranslation();
  const lists = ["added", "changed", "removed"] as const;
  return (
    <section data-testid="codes-report">
      <ul>
        {lists.map((name) => (
          <li key={name}>
            {t(`codes.${name}`, { count: report[name].length })}
            {report[name].length > 0 && <span className="dim code"> {report[name].join(", ")}</span>}
          </li>
        ))}
        <li>{t("codes.unchanged", { count: report.unchanged })}</li>
      </ul>
      {report.errors.length > 0 && (
        <div className="note-warn" role="alert">
          <ul>
            {report.errors.map((row) => (
              <li key={`${row.row}-${row.column}`}>
                {t("app.row", { row: row.row })} {row.column}{" "}
                {row.value && <span className="code">{row.value}</span>}:{" "}
                {t(`errors.${row.key}`, { defaultValue: row.message })}
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

/** Who may import them may not always watch the desk, and sees what the import says. */
function InForce() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["radio-codes"], queryFn: desk.codes });
  return (
    <Answer query={query}>
      {(list) => (
        <>
          {list.version === 0 && <p className="note-warn">{t("codes.built_in")}</p>}
          <RosterTable
            label={t("operate.tab_codes")}
            rows={list.codes}
            idOf={(code) => code.code}
            rowTestId="code-row"
            columns={[
              { key: "code", head: t("codes.code"), show: (code) => code.code, className: "code" },
              { key: "meaning", head: t("codes.meaning"), show: (code) => t(`codes.means.${code.meaning}`) },
              { key: "title", head: t("codes.title"), show: (code) => code.title },
            ]}
          />
        </>
      )}
    </Answer>
  );
}

export function Codes() {
  const { t } = useTranslation();
  const { may } = useSession();
  return (
    <div className="exchange">
      <section>
        <p className="dim">{t("codes.intro")}</p>
        <CheckedUpload<CodesImport>
          accept=".csv,.txt,text/csv"
          limit={LIMIT_BYTES}
          pathOf={(_, isDryRun) => desk.codesPath(isDryRun)}
          dueOf={(report) =>
            report.errors.length > 0 ? 0 : report.added.length + report.changed.length + report.removed.length
          }
          refreshes={["radio-codes"]}
          words={{
            drop: t("codes.drop"),
            dropHint: t("kinds.drop_hint"),
            checking: t("kinds.checking"),
            taking: t("kinds.taking"),
            checked: (name) => t("kinds.checked", { name }),
            checkedHint: t("kinds.checked_hint"),
            take: (count) => t("kinds.take", { count }),
            taken: (report) => (
              <p className="note-good" role="status" data-testid="codes-taken">
                ✓ {t("kinds.taken", { version: report.version })}
              </p>
            ),
          }}
          show={(report) => <Changed report={report} />}
          fileTestId="codes-file"
          takeTestId="codes-take"
        />
      </section>
      {may("dispatch.watch") && <InForce />}
    </div>
  );
}
