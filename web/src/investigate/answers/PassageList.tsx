// Passages with their pictures, one below the other. Pictures are fetched when they come into view.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { taipei } from "../../app/age";
import { sightings as calls } from "../../app/api/calls";
import type { Grounds, Id, Sighting } from "../../app/api/types";
import { Picture } from "../../app/Picture";
import { isUnsure, sayDuration, sayProbability } from "../../app/say";
import { saySeen } from "../../app/seen";
import { useSlice } from "../virtual";

interface Props {
  found: Sighting[];
  grounds: Grounds;
  chosen: Id | null;
  numbers: Map<Id, number>;
  onChoose: (id: Id) => void;
}

const ROW_PX = 112;

function Passage({
  sighting: s,
  number,
  isChosen,
  grounds,
  onChoose,
}: {
  sighting: Sighting;
  number: number;
  isChosen: boolean;
  grounds: Grounds;
  onChoose: () => void;
}) {
  const { t } = useTranslation();
  const movement = [
    saySeen(s.seen, t),
    s.direction && t(`direction.${s.direction}`),
    s.speed_kmh !== null && `${Math.round(s.speed_kmh)} km/h`,
  ].filter(Boolean);
  return (
    <li
      className="passage"
      style={{ height: ROW_PX }}
      data-chosen={isChosen || undefined}
      data-testid="sighting-row"
      data-plate={s.plate}
    >
      <Picture
        isThumb
        crop={s.has_crop ? calls.picture(s.id, "crop", grounds) : null}
        frame={s.has_frame ? calls.picture(s.id, "frame", grounds) : null}
        alt={t("lake.picture_of", {
          plate: s.plate_display,
          place: s.place_name,
          at: taipei(s.captured_at_us),
        })}
      />
      <button type="button" className="passage-main" aria-pressed={isChosen} onClick={onChoose}>
        <span className="passage-top">
          <span className="path-number">{number}</span>
          <span className="plate">{s.plate_display}</span>
          <Age at={s.captured_at_us} className="dim" />
        </span>
        <span className="number">{taipei(s.captured_at_us)}</span>
        <span className="one-line">
          {s.place_name}
          {movement.length > 0 && <span className="dim"> · {movement.join(" · ")}</span>}
        </span>
        <span className={isUnsure(s.confidence) ? "ink-warn one-line" : "dim one-line"}>
          {isUnsure(s.confidence) && "▲ "}
          {t("hit.sure", { p: sayProbability(s.confidence) })}
          {s.clock_corrected_us !== 0 &&
            ` · ${t("lake.clock_corrected", { by: sayDuration(Math.abs(s.clock_corrected_us) / 1e6, t) })}`}
        </span>
      </button>
    </li>
  );
}

export function PassageList({ found, grounds, chosen, numbers, onChoose }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const { slice, show } = useSlice(list, found.length, ROW_PX);
  const at = chosen === null ? -1 : found.findIndex((s) => s.id === chosen);
  useEffect(() => show(at), [at, show]);
  return (
    <ul
      ref={list}
      className="passages"
      style={{
        paddingBlock: `${slice.first * ROW_PX}px ${(found.length - slice.last) * ROW_PX}px`,
      }}
    >
      {found.slice(slice.first, slice.last).map((s) => (
        <Passage
          key={s.id}
          sighting={s}
          number={numbers.get(s.id) ?? 0}
          isChosen={s.id === chosen}
          grounds={grounds}
          onChoose={() => onChoose(s.id)}
        />
      ))}
    </ul>
  );
}
