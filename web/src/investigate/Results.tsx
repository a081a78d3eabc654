import { Table } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { taipei } from "../app/age";
import { sightings as calls } from "../app/api/calls";
import type { Grounds, Id, Sighting } from "../app/api/types";
import { Picture } from "../app/Picture";
import { sayDuration, sayProbability } from "../app/say";

interface Props {
  found: Sighting[];
  grounds: Grounds;
  chosen: Id | null;
  /** Its place in the order of time, as on the map. */
  numberOf: (id: Id) => number;
  onChoose: (sighting: Sighting) => void;
}

function useKeepInView(isChosen: boolean) {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isChosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  return row;
}

function Row({
  sighting,
  grounds,
  isChosen,
  number,
  onChoose,
}: {
  sighting: Sighting;
  grounds: Grounds;
  isChosen: boolean;
  number: number;
  onChoose: () => void;
}) {
  const { t } = useTranslation();
  const row = useKeepInView(isChosen);
  const s = sighting;
  const movement = [
    s.direction && t(`direction.${s.direction}`),
    s.speed_kmh !== null && `${Math.round(s.speed_kmh)} km/h`,
  ].filter(Boolean);
  return (
    <article
      ref={row}
      className="sighting"
      data-chosen={isChosen || undefined}
      data-testid="sighting-row"
      data-plate={s.plate}
    >
      <Picture
        isThumb
        crop={s.has_crop ? calls.picture(s.id, "crop", grounds) : null}
        frame={s.has_frame ? calls.picture(s.id, "frame", grounds) : null}
        alt={t("hit.crop_alt", { place: s.place_name })}
      />
      <button type="button" className="sighting-main" aria-pressed={isChosen} onClick={onChoose}>
        <span className="sighting-top">
          <span className="path-number">{number}</span>
          <span className="plate">{s.plate_display}</span>
          <Age at={s.captured_at_us} className="dim" />
        </span>
        <span className="number">{taipei(s.captured_at_us)}</span>
        <span>
          {s.place_name}
          {movement.length > 0 && <span className="dim"> · {movement.join(" · ")}</span>}
        </span>
        <span className={s.confidence < 0.8 ? "ink-warn" : "dim"}>
          {t("hit.sure", { p: sayProbability(s.confidence) })}
          {s.clock_corrected_us !== 0 &&
            ` · ${t("search.clock_corrected", { by: sayDuration(Math.abs(s.clock_corrected_us) / 1e6, t) })}`}
        </span>
      </button>
    </article>
  );
}

export function ResultList({ found, grounds, chosen, numberOf, onChoose }: Props) {
  return found.map((sighting) => (
    <Row
      key={sighting.id}
      sighting={sighting}
      grounds={grounds}
      isChosen={sighting.id === chosen}
      number={numberOf(sighting.id)}
      onChoose={() => onChoose(sighting)}
    />
  ));
}

export function ResultTable({ found, chosen, numberOf, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <Table stickyHeader highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          {["number", "plate", "captured", "place", "confidence", "speed"].map((head) => (
            <Table.Th key={head}>{t(`search.head_${head}`)}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {found.map((s) => (
          <Table.Tr
            key={s.id}
            aria-selected={s.id === chosen}
            onClick={() => onChoose(s)}
            data-testid="sighting-row"
            data-plate={s.plate}
          >
            <Table.Td className="number">{numberOf(s.id)}</Table.Td>
            <Table.Td>
              <button type="button" className="plain-link plate">
                {s.plate_display}
              </button>
            </Table.Td>
            <Table.Td className="number">{taipei(s.captured_at_us)}</Table.Td>
            <Table.Td>{s.place_name}</Table.Td>
            <Table.Td className="number">{sayProbability(s.confidence)}</Table.Td>
            <Table.Td className="number">{s.speed_kmh === null ? "—" : Math.round(s.speed_kmh)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
