// Numbers without plates: by hour as a strip of days, by camera and by area as bars and circles.

import { useElementSize } from "@mantine/hooks";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Count } from "../../app/api/types.lake";
import type { Question } from "../answer";
import { countId } from "../useDrawn";
import { type Bar, Bars } from "./Bars";
import { HeatStrip } from "./HeatStrip";
import { heatDays } from "./time";

interface Props {
  question: Question;
  counts: Count[];
  /** One row per camera or cell. */
  places: Count[];
  chosen: string | null;
  onChoose: (id: string) => void;
}

function barOf(place: Count): Bar {
  const { position, place_name, sightings } = place;
  const name = place_name ?? (position ? `${position.lat.toFixed(3)}, ${position.lon.toFixed(3)}` : "—");
  return { id: countId(place), name, count: sightings };
}

export function CountsView({ question, counts, places, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const { ref, width } = useElementSize();
  const { from_us, until_us } = question.window;
  const days = useMemo(() => heatDays(counts, from_us, until_us), [counts, from_us, until_us]);
  const { by } = question.draft;
  const total = counts.reduce((sum, count) => sum + count.sightings, 0);
  return (
    <div className="counts">
      <div ref={ref} />
      <p className="counts-total">
        <strong className="number">{total.toLocaleString("en")}</strong> {t("lake.counts_total")}
      </p>
      {by !== "cell" && <HeatStrip days={days} width={Math.min(Math.max(width, 270), 1100)} />}
      {by !== "hour" && (
        <>
          <h3 className="section-title">{t(by === "cell" ? "lake.top_cells" : "lake.top_cameras")}</h3>
          <Bars bars={places.map(barOf)} chosen={chosen} onChoose={onChoose} />
        </>
      )}
    </div>
  );
}
