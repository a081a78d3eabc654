// The track in words: when the unit was heard, and when it was not.

import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { taipeiTime } from "../app/age";
import type { Micros } from "../app/api/types";
import { sayDuration } from "../app/say";
import type { Stretch } from "./track";

interface Props {
  stretches: Stretch[];
  at_us: Micros;
  onAt: (at_us: Micros) => void;
}

function exactness(stretch: Stretch): string {
  const told = stretch.fixes.flatMap((fix) => (fix.accuracy_m === null ? [] : [fix.accuracy_m]));
  return told.length > 0 ? `± ${Math.round(told.reduce((a, b) => Math.max(a, b), 0))} m` : "?";
}

export function StretchTable({ stretches, at_us, onAt }: Props) {
  const { t } = useTranslation();
  return (
    <div className="wide-table stretches">
      <Table aria-label={t("track.table")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("track.head_from")}</Table.Th>
            <Table.Th>{t("track.head_time")}</Table.Th>
            <Table.Th>{t("track.count_fixes")}</Table.Th>
            <Table.Th>{t("track.count_worst")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {stretches.map((stretch) => {
            const isGap = stretch.kind === "gap";
            const isHere = at_us >= stretch.from_us && at_us <= stretch.until_us;
            return (
              <Table.Tr
                key={`${stretch.kind} ${stretch.from_us}`}
                aria-selected={isHere}
                className={isGap ? "dim" : undefined}
                data-testid={`stretch-${stretch.kind}`}
              >
                <Table.Td>
                  <button type="button" className="plain-link number" onClick={() => onAt(stretch.from_us)}>
                    {taipeiTime(stretch.from_us)}
                  </button>
                </Table.Td>
                <Table.Td>{sayDuration((stretch.until_us - stretch.from_us) / 1e6, t)}</Table.Td>
                {isGap ? (
                  <Table.Td colSpan={2}>{t("track.gap")}</Table.Td>
                ) : (
                  <>
                    <Table.Td className="number">{stretch.fixes.length.toLocaleString("en")}</Table.Td>
                    <Table.Td className="number">{exactness(stretch)}</Table.Td>
                  </>
                )}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
