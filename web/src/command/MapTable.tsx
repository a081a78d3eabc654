// The map's twin: the same things, the same selection, for whoever reads better than points.

import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { isStale, useNow } from "../app/age";
import type { Camera, Hit, Incident, Unit } from "../app/api/types";
import { positions } from "../app/positions";
import { useKindTitle } from "../app/queries";
import type { Selected, SelectedKind } from "./CommandPage";

interface Props {
  units: Unit[];
  hits: Hit[];
  incidents: Incident[];
  cameras: Camera[];
  selected: Selected | null;
  onSelect: (selected: Selected) => void;
}

interface Line {
  kind: SelectedKind;
  id: string;
  name: string;
  state: string;
  where: string;
  age: ReactNode;
  isOdd: boolean;
}

export function MapTable({ units, hits, incidents, cameras, selected, onSelect }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const kindTitle = useKindTitle();
  const at = (p: { lon: number; lat: number } | null) =>
    p ? `${p.lat.toFixed(4)}, ${p.lon.toFixed(4)}` : "—";
  const lines: Line[] = [
    ...hits
      .filter((hit) => hit.state === "raised")
      .map((hit) => ({
        kind: "hit" as const,
        id: hit.id,
        name: hit.plate_display,
        state: t(`hit_state.${hit.state}`),
        where: hit.place_name,
        age: <Age at={hit.captured_at_us} />,
        isOdd: true,
      })),
    ...incidents.map((incident) => ({
      kind: "incident" as const,
      id: incident.id,
      name: kindTitle(incident.kind),
      state: t(`incident_state.${incident.state}`),
      where: incident.address || at(incident.position),
      age: <Age at={incident.opened_at_us} />,
      isOdd: incident.state === "open",
    })),
    ...units.map((fetched) => {
      const unit = positions.freshest(fetched);
      const isOld = unit.state !== "off_duty" && isStale(unit.position_at_us, now);
      return {
        kind: "unit" as const,
        id: unit.id,
        name: unit.call_sign,
        state: t(`unit_state.${unit.state}`),
        where: at(unit.position),
        age: (
          <>
            {unit.position_at_us === null ? "—" : <Age at={unit.position_at_us} />}
            {isOld && <strong className="ink-warn"> {t("unit.stale")}</strong>}
          </>
        ),
        isOdd: isOld,
      };
    }),
    ...cameras.map((camera) => ({
      kind: "camera" as const,
      id: camera.id,
      name: camera.name,
      state: t(camera.is_active ? "camera.active" : "camera.inactive"),
      where: at(camera.position),
      age: "—",
      isOdd: false,
    })),
  ];
  return (
    <div className="stage-table">
      <Table stickyHeader highlightOnHover aria-label={t("command.table_label")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("table.kind")}</Table.Th>
            <Table.Th>{t("table.name")}</Table.Th>
            <Table.Th>{t("table.state")}</Table.Th>
            <Table.Th>{t("table.where")}</Table.Th>
            <Table.Th>{t("table.age")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr
              key={line.id}
              aria-selected={selected?.id === line.id}
              onClick={() => onSelect({ kind: line.kind, id: line.id })}
            >
              <Table.Td>{t(`thing.${line.kind}`)}</Table.Td>
              <Table.Td>
                <button type="button" className="plain-link">
                  {line.name}
                </button>
              </Table.Td>
              <Table.Td className={line.isOdd && line.kind !== "unit" ? "ink-warn" : undefined}>
                {line.state}
              </Table.Td>
              <Table.Td>{line.where}</Table.Td>
              <Table.Td>{line.age}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
