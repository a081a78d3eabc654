// The map beside an answer: a click draws, chooses a camera or chooses a row, whichever the question is about.

import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { LiveMap } from "../map/LiveMap";
import { MapView } from "../map/MapView";
import { withClick } from "./area";
import type { Asking } from "./useAsking";
import { type Drawn, picksCameras, toggled } from "./useDrawn";

interface Props {
  asking: Asking;
  drawn: Drawn;
  title: string;
  isDrawing: boolean;
  /** The set of cameras that a click changes. */
  pickSet: "cameras" | "later";
  handle: RefObject<LiveMap | null>;
  onChoose: (id: string) => void;
}

export function AskedMap({ asking, drawn, title, isDrawing, pickSet, handle, onChoose }: Props) {
  const { t } = useTranslation();
  const { kind, draft, setDraft } = asking;
  return (
    <div className="answer-map">
      <MapView
        label={t("lake.map_label", { what: title || t(`lake.q_${kind}`) })}
        overlays={drawn.overlays}
        selected={drawn.selected}
        handle={handle}
        fit={drawn.fit}
        isDrawing={isDrawing}
        onPlace={(place) => isDrawing && setDraft({ ...draft, area: withClick(draft.area, place, drawn.h3) })}
        onPick={({ overlay, id }) => {
          if (overlay !== "cameras") onChoose(id);
          else if (picksCameras(kind)) {
            const set = kind === "passed" ? pickSet : "cameras";
            setDraft({ ...draft, [set]: toggled(draft[set], id) });
          }
        }}
      />
    </div>
  );
}
