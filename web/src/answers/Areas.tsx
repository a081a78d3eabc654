// Whether some places are watched more than others, by month.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answers } from "../app/api/calls.answers";
import { ApiError } from "../app/api/client";
import type { AreaReport } from "../app/api/types.reasons";
import { DropFile } from "../app/DropFile";
import { ProvedDownload } from "../app/ProvedDownload";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { useAct } from "../app/useAct";
import { Comparison, LeftOut } from "./AreaComparisons";
import { MonthField } from "./MonthField";
import { monthFault, newestTold } from "./month";

const AREAS_BYTES_MAX = 32 << 20;

function Import() {
  const { t } = useTranslation();
  const read = useAct("areas", answers.importAreas);
  return (
    <>
      <DropFile
        accept=".geojson,.json,application/geo+json"
        label={t("answers.import")}
        hint={t("answers.no_areas_hint")}
        limit={AREAS_BYTES_MAX}
        isBusy={read.isPending}
        onFile={(file) => read.mutate(file)}
        testId="areas-file"
      />
      {read.error && <Failure error={read.error} />}
      {read.data && (
        <p className="note-good" role="status">
          {t("answers.imported", { version: read.data.version, count: read.data.items.length })}
        </p>
      )}
    </>
  );
}

function Report({ of }: { of: AreaReport }) {
  const { t, i18n } = useTranslation();
  return (
    <>
      <LeftOut of={of} />
      <p data-testid="areas-statement">
        {i18n.language.startsWith("zh") ? of.statement_zh : of.statement_en}
      </p>
      {of.comparisons.length === 0 ? (
        <Empty title={t("answers.no_comparison")} />
      ) : (
        <ProvedDownload
          variant="default"
          className="start"
          path={answers.areaCsv(of.month)}
          name={`shouhu-areas-${of.month}.csv`}
          testId="areas-csv"
        >
          {t("answers.csv")}
        </ProvedDownload>
      )}
      {of.comparisons.map((one) => (
        <Comparison key={`${one.measure} ${one.reference}`} of={one} told_min={of.told_min} />
      ))}
    </>
  );
}

export function Areas() {
  const { t } = useTranslation();
  const { may } = useSession();
  const newest = newestTold(Date.now() * 1000);
  const [month, setMonth] = useState(newest);
  const beyond = monthFault(month, newest);
  const fault = beyond === "future" ? "not_told" : beyond;
  const query = useQuery({
    queryKey: ["areas", month],
    queryFn: () => answers.areaReport(month),
    enabled: fault === null,
    refetchOnWindowFocus: false,
    retry: false,
  });
  const isUnknown = query.error instanceof ApiError && query.error.key === "oversight.areas.none";
  return (
    <section className="stack" data-testid="areas-report">
      <div className="filters">
        <MonthField
          label={t("answers.head_month")}
          value={month}
          fault={fault}
          max={newest}
          onChange={setMonth}
          testId="areas-month"
        />
      </div>
      {fault === null &&
        (isUnknown ? (
          <Empty title={t("answers.no_areas")} hint={t("answers.no_areas_hint")} />
        ) : (
          <Answer query={query}>{(report) => <Report of={report} />}</Answer>
        ))}
      {may("oversight.areas") && <Import />}
    </section>
  );
}
