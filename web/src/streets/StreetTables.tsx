// What the map shows, as tables: beats, and the streets with most left open first.

import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { StreetArea, StreetMetres, StreetRow } from "../app/api/types.streets";
import { Heads } from "../app/Heads";
import { sayProbability } from "../app/say";
import { WideTable } from "../app/WideTable";
import { METRES, sayHour, sayKm, shareCovered } from "./streets";
import type { StreetParams } from "./useStreets";

function Cells({ row }: { row: StreetMetres }) {
  const share = shareCovered(row);
  return (
    <>
      <Table.Td className="number number-cell">{share === null ? "—" : sayProbability(share)}</Table.Td>
      {METRES.map((name) => (
        <Table.Td key={name} className="number number-cell">
          {sayKm(row[name])}
        </Table.Td>
      ))}
    </>
  );
}

const NUMBERS = ["share", "covered", "stale", "open"] as const;

export function AreaTable({ areas, go }: { areas: StreetArea[]; go: (next: Partial<StreetParams>) => void }) {
  const { t } = useTranslation();
  return (
    <WideTable label={t("street.by_area")}>
      <Table aria-label={t("street.by_area")}>
        <Heads of="street" heads={["station", "beat", ...NUMBERS]} ends={NUMBERS} />
        <Table.Tbody>
          {areas.map((area) => (
            <Table.Tr key={`${area.station} ${area.beat}`} data-testid="street-area">
              <Table.Td>{area.station || t("box.no_station")}</Table.Td>
              <Table.Td>
                <button
                  type="button"
                  className="plain-link"
                  onClick={() => go({ station: area.station, beat: area.beat })}
                >
                  {area.beat || t("street.no_beat")}
                </button>
              </Table.Td>
              <Cells row={area} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

export function StreetTable({ rows, isCut }: { rows: StreetRow[]; isCut: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <WideTable label={t("street.by_street")}>
        <Table aria-label={t("street.by_street")}>
          <Heads of="street" heads={["street", "beat", ...NUMBERS, "last"]} ends={NUMBERS} />
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={`${row.name} ${row.station} ${row.beat}`} data-testid="street-row">
                <Table.Td>{row.name || t("street.unnamed")}</Table.Td>
                <Table.Td>{`${row.station} ${row.beat}`.trim() || "—"}</Table.Td>
                <Cells row={row} />
                <Table.Td className="number">{sayHour(row.last_us)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
      {isCut && <p className="dim">{t("street.more_streets")}</p>}
    </>
  );
}
