// From a camera's frame to a crew on the scene: the links of the main job, over the same days.

import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { reports } from "../app/api/calls.shifts";
import type { Micros } from "../app/api/types";
import { saySeconds } from "../app/say";
import { Answer } from "../app/states";
import { chainRows } from "./rows";

interface Props {
  from_us: Micros;
  /** Of fewer nothing is said, as in the table above. */
  few: number;
}

export function Chain({ from_us, few }: Props) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["chain", from_us], queryFn: () => reports.chain(from_us) });
  const say = (seconds: number | null) => {
    if (seconds === null) return "—";
    return seconds < 10 ? t("interval.short_seconds", { s: seconds.toFixed(1) }) : saySeconds(seconds, t);
  };
  return (
    <section className="panel" aria-labelledby="chain-title">
      <h2 id="chain-title" className="section-title">
        {t("interval.chain")}
      </h2>
      <p className="dim">{t("interval.chain_hint")}</p>
      <Answer query={query}>
        {(kpis) => (
          <Table data-testid="chain">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("interval.link")}</Table.Th>
                <Table.Th>p50</Table.Th>
                <Table.Th>p95</Table.Th>
                <Table.Th>{t("interval.n")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {chainRows(kpis, few).map(({ link, n, p50_s, p95_s, isFew }) => (
                <Table.Tr key={link} data-testid="chain-row" data-link={link}>
                  <Table.Td>{t(`interval.${link}`)}</Table.Td>
                  <Table.Td className="number">
                    {isFew ? <span className="dim">{t("interval.few")}</span> : <strong>{say(p50_s)}</strong>}
                  </Table.Td>
                  <Table.Td className="number">{isFew ? "" : say(p95_s)}</Table.Td>
                  <Table.Td className="number">{n}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Answer>
    </section>
  );
}
