// Numbers without plates: by hour as a strip of days, by camera and by area as bars and circles.

import { useElementSize } from "@mantine/hooks";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Count } from "../../app/api/types.lake";
import type { Question } from "../answer";
import { Bars } from "./Bars";
import { HeatStrip } from "./HeatStrip";
import { heatDays } from "./time";

interface Props {
  question: Question;
  counts: Count[];
  /** One row per camera or cell. */
  places: Count[];
  idOf: (count: Count) => string;
  chosen: string | null;
  onChoose: (id: string) => void;
}

export function CountsView({ question, counts, places, idOf, chosen, onChoose }: Props) {
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
          <Bars places={places} idOf={idOf} chosen={chosen} onChoose={onChoose} />
        </>
      )}
    </div>
  );
}
