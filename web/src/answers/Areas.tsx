import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answers } from "../app/api/calls.answers";
import { ApiError } from "../app/api/client";
import type { AreaComparison, AreaReport } from "../app/api/types.reasons";
import { DropFile } from "../app/DropFile";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { WideTable } from "../app/WideTable";
import { csvText, saveFile } from "../investigate/csv";
import { isMonth, monthOf } from "./month";

const AREAS_BYTES_MAX = 32 << 20;

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function Import() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const read = useMutation({
    mutationFn: answers.importAreas,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["areas"] }),
  });
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

function useTitle() {
  const { t } = useTranslation();
  return (one: AreaComparison) =>
    t("answers.against", {
      measure: t(`answers.measure_${one.measure}`),
      reference: t(`answers.reference_${one.reference}`),
    });
}

function Comparison({ of }: { of: AreaComparison }) {
  const { t } = useTranslation();
  const title = useTitle()(of);
  return (
    <section className="stack" data-testid={`areas-${of.measure}-${of.reference}`}>
      <h3 className="section-title">{title}</h3>
      {of.lines.length > 0 && (
        <WideTable label={title}>
          <table className="count-table">
            <thead>
              <tr>
                {["area", "share", "ratio", "interval", "verdict"].map((name) => (
                  <th key={name}>{t(`answers.${name}`)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {of.lines.map((line) => (
                <tr key={line.area}>
                  <td>{line.area}</td>
                  <td className="number">{percent(line.share)}</td>
                  <td className="number">{line.ratio.toFixed(2)}</td>
                  <td className="number">
                    {line.ratio_low.toFixed(2)}–{line.ratio_high.toFixed(2)}
                  </td>
                  <td>
                    {line.verdict === "more" || line.verdict === "less" ? (
                      <strong>{t(`answers.verdict_${line.verdict}`)}</strong>
                    ) : (
                      t(`answers.verdict_${line.verdict}`)
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      )}
      {of.hidden > 0 && <p className="dim">{t("answers.hidden", { count: of.hidden })}</p>}
    </section>
  );
}

function Report({ of }: { of: AreaReport }) {
  const { t, i18n } = useTranslation();
  const title = useTitle();
  const save = () =>
    saveFile(
      `shouhu-areas-${of.month}.csv`,
      csvText(
        [
          t("answers.tab_areas"),
          t("answers.area"),
          t("answers.share"),
          t("answers.ratio"),
          t("answers.interval"),
          t("answers.verdict"),
        ],
        of.comparisons.flatMap((one) =>
          one.lines.map((line) => [
            title(one),
            line.area,
            String(line.share),
            String(line.ratio),
            `${line.ratio_low}–${line.ratio_high}`,
            line.verdict,
          ]),
        ),
      ),
    );
  return (
    <div className="stack">
      {of.is_running && <p className="note-warn">{t("answers.running")}</p>}
      <p data-testid="areas-statement">
        {i18n.language.startsWith("zh") ? of.statement_zh : of.statement_en}
      </p>
      {of.comparisons.length === 0 ? (
        <Empty title={t("answers.no_comparison")} />
      ) : (
        <Button variant="default" className="start" onClick={save}>
          {t("answers.csv")}
        </Button>
      )}
      {of.comparisons.map((one) => (
        <Comparison key={`${one.measure} ${one.reference}`} of={one} />
      ))}
    </div>
  );
}

export function Areas() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [month, setMonth] = useState(monthOf(Date.now() * 1000));
  const query = useQuery({
    queryKey: ["areas", month],
    queryFn: () => answers.areaReport(month),
    enabled: isMonth(month),
    refetchOnWindowFocus: false,
    retry: false,
  });
  const isUnknown = query.error instanceof ApiError && query.error.key === "oversight.areas.none";
  return (
    <section className="stack" data-testid="areas-report">
      <div className="filters">
        <TextInput
          type="month"
          label={t("answers.month")}
          value={month}
          onChange={(event) => setMonth(event.currentTarget.value)}
        />
      </div>
      {isUnknown ? (
        <Empty title={t("answers.no_areas")} hint={t("answers.no_areas_hint")} />
      ) : (
        <Answer query={query}>{(report) => <Report of={report} />}</Answer>
      )}
      {may("oversight.areas") && <Import />}
    </section>
  );
}
