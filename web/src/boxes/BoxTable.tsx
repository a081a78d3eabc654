// The map's twin.

import { Button, Table } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import type { PatrolBox } from "../app/api/types.patrol";
import { BoxStateTag } from "./BoxStateTag";

export const isNarrow = () => window.matchMedia("(max-width: 900px)").matches;

/** A row costs a browser more than a point on the map does. */
const STEP = 150;

interface Props {
  boxes: PatrolBox[];
  chosen: string;
  onChoose: (box: PatrolBox) => void;
}

export function BoxTable({ boxes, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(STEP);
  const body = useRef<HTMLTableSectionElement>(null);
  const at = boxes.findIndex((one) => one.id === chosen);
  // One that was chosen on the map is in the list too.
  const upTo = Math.max(shown, at + 1);
  const last = useRef("");
  useEffect(() => {
    // On a phone the box stands in for the list; closing it leads back to the row it came from.
    const row = (id: string) => body.current?.querySelector(`[data-box="${CSS.escape(id)}"]`);
    if (chosen) row(chosen)?.scrollIntoView({ block: "nearest" });
    else if (last.current && isNarrow()) row(last.current)?.scrollIntoView({ block: "center" });
    last.current = chosen;
  }, [chosen]);
  return (
    <div className="wide-table boxes-table">
      <Table stickyHeader highlightOnHover aria-label={t("box.tab_list")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("box.number")}</Table.Th>
            <Table.Th>{t("box.name")}</Table.Th>
            <Table.Th>{t("box.state")}</Table.Th>
            <Table.Th>{t("box.last")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body}>
          {boxes.slice(0, upTo).map((box) => (
            <Table.Tr
              key={box.id}
              aria-selected={box.id === chosen}
              onClick={() => onChoose(box)}
              data-testid="box-row"
              data-box={box.id}
              data-state={box.state}
            >
              <Table.Td>
                <button type="button" className="plain-link code">
                  {box.number}
                </button>
              </Table.Td>
              <Table.Td>
                {box.name}
                <div className="dim">{[box.station, box.beat].filter(Boolean).join(" · ")}</div>
              </Table.Td>
              <Table.Td>
                <BoxStateTag state={box.state} />
              </Table.Td>
              <Table.Td>
                {box.last_check_in_at_us === null ? "—" : <Age at={box.last_check_in_at_us} />}
                <div className="dim">{t("box.every", { count: box.every_h })}</div>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {upTo < boxes.length && (
        <Button variant="default" fullWidth onClick={() => setShown(upTo + STEP)}>
          {t("app.more")}
        </Button>
      )}
    </div>
  );
}
