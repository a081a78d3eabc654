// One measure against one reference, area by area; and what the report says nothing of.

import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { taipeiDay } from "../app/age";
import type { AreaComparison, AreaRatio, AreaReport } from "../app/api/types.reasons";
import { Heads } from "../app/Heads";
import { WideTable } from "../app/WideTable";
import "./areas.css";

const NUMBERS = ["share", "reference_share", "ratio", "interval"];

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function Row({ of }: { of: AreaRatio }) {
  const { t } = useTranslation();
  const verdict = t(`answers.verdict_${of.verdict}`);
  const isUneven = of.verdict === "more" || of.verdict === "less";
  return (
    <Table.Tr data-testid="area-row" data-verdict={of.verdict}>
      <Table.Td>{of.area}</Table.Td>
      <Table.Td className="number number-cell">{percent(of.share)}</Table.Td>
      <Table.Td className="number number-cell">{percent(of.reference_share)}</Table.Td>
      <Table.Td className="number number-cell">{of.ratio.toFixed(2)}</Table.Td>
      <Table.Td className="number number-cell">
        {of.ratio_low.toFixed(2)}–{of.ratio_high.toFixed(2)}
      </Table.Td>
      <Table.Td>{isUneven ? <strong>{verdict}</strong> : verdict}</Table.Td>
    </Table.Tr>
  );
}

export function Comparison({ of, told_min }: { of: AreaComparison; told_min: number }) {
  const { t } = useTranslation();
  const [measure, reference] = [t(`answers.measure_${of.measure}`), t(`answers.reference_${of.reference}`)];
  const title = t("answers.against", { measure, reference });
  const say = (total: number | null) => (total === null ? t("answers.not_told") : total.toLocaleString("en"));
  return (
    <section className="stack area-comparison" data-testid={`areas-${of.measure}-${of.reference}`}>
      <h3 className="section-title">{title}</h3>
      <p className="dim">{t("answers.share_hint", { measure, reference })}</p>
      <p className="number">
        {t("answers.totals", {
          measure,
          total: say(of.total),
          reference,
          reference_total: say(of.reference_total),
        })}
      </p>
      {of.lines.length > 0 && (
        <WideTable label={title}>
          <Table>
            <Heads of="answers" heads={["area", ...NUMBERS, "verdict"]} ends={NUMBERS} />
            <Table.Tbody>
              {of.lines.map((line) => (
                <Row key={line.area} of={line} />
              ))}
            </Table.Tbody>
          </Table>
        </WideTable>
      )}
      {of.hidden > 0 && <p className="dim">{t("answers.hidden", { count: of.hidden, min: told_min })}</p>}
    </section>
  );
}

export function LeftOut({ of }: { of: AreaReport }) {
  const { t } = useTranslation();
  if (of.left_out.length === 0) return null;
  return (
    <ul className="note-warn" data-testid="areas-left-out">
      {of.left_out.map((one) => (
        <li key={one.counted}>
          {t(`answers.left_out_${one.reason}`, {
            counted: t(`answers.measure_${one.counted}`),
            day: one.kept_since_us === null ? t("app.none") : taipeiDay(one.kept_since_us),
          })}
        </li>
      ))}
    </ul>
  );
}
