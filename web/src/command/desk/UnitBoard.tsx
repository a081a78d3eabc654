// Every unit beside the map, where the screen is wide enough for both: who can go first, then who is bound, and to what.

import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { isStale, useNow } from "../../app/age";
import type { Id, Incident, Unit } from "../../app/api/types";
import { positions } from "../../app/positions";
import { boardRows } from "./board";

interface Props {
  units: Unit[];
  incidents: Incident[];
  selected: Id | null;
  onSelect: (id: Id) => void;
}

export function UnitBoard({ units, incidents, selected, onSelect }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <section className="unit-board" aria-label={t("desk.board")} data-testid="unit-board">
      <h2 className="queue-title">{t("desk.board")}</h2>
      <ul>
        {boardRows(units, incidents).map(({ unit, number }) => {
          const at_us = positions.freshest(unit).position_at_us;
          return (
            <li key={unit.id}>
              <button
                type="button"
                className="board-row"
                aria-current={unit.id === selected || undefined}
                onClick={() => onSelect(unit.id)}
              >
                <strong>{unit.call_sign}</strong>
                <span>{t(`unit_state.${unit.state}`)}</span>
                <span className="number dim">{number ?? ""}</span>
                <span className={isStale(at_us, now) ? "ink-warn" : "dim"}>
                  {at_us === null ? t("unit.no_position") : <Age at={at_us} />}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
