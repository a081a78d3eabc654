import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answers } from "../app/api/calls.answers";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";

export function Outcomes() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["outcomes"],
    queryFn: answers.outcomes,
    refetchOnWindowFocus: false,
  });
  return (
    <Answer query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title={t("answers.no_outcomes")} />
        ) : (
          <WideTable label={t("answers.tab_outcomes")}>
            <table className="count-table">
              <thead>
                <tr>
                  {["month", "origin", "finding", "code", "count"].map((name) => (
                    <th key={name}>{t(`answers.${name}`)}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={`${one.month} ${one.origin} ${one.finding} ${one.code}`} data-testid="outcome-row">
                    <td className="number">{one.month || t("answers.nobody")}</td>
                    <td>{t(`answers.origin_${one.origin}`)}</td>
                    <td>{one.finding ? t(`misuse.finding_${one.finding}`) : t("answers.open")}</td>
                    <td>{one.code ? t(`reason_code.${one.code}`, { defaultValue: one.code }) : ""}</td>
                    <td className="number">{one.count}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </WideTable>
        )
      }
    </Answer>
  );
}
