// How files about misuse ended, by month.

import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answers } from "../app/api/calls.answers";
import { Heads } from "../app/Heads";
import { sayReason } from "../app/reasonText";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";
import "./lines.css";

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
          <div className="report-lines folded-lines">
            <WideTable label={t("answers.tab_outcomes")}>
              <Table>
                <Heads
                  of="answers"
                  heads={["month", "origin", "finding", "code", "count"]}
                  ends={["count"]}
                />
                <Table.Tbody>
                  {items.map((one) => (
                    <Table.Tr
                      key={`${one.month} ${one.origin} ${one.finding} ${one.code}`}
                      data-testid="outcome-row"
                    >
                      <Table.Td className="number">{one.month || t("answers.nobody")}</Table.Td>
                      <Table.Td>{t(`answers.origin_${one.origin}`)}</Table.Td>
                      <Table.Td>
                        {one.finding ? t(`misuse.finding_${one.finding}`) : t("answers.open")}
                      </Table.Td>
                      <Table.Td>{one.code && sayReason("misuse_file", one.code, t)}</Table.Td>
                      <Table.Td className="number number-cell">{one.count}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </WideTable>
          </div>
        )
      }
    </Answer>
  );
}
