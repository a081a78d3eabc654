// The busiest places, as bars that are also a list: each can be chosen and is then shown on the map.

import { useTranslation } from "react-i18next";
import type { Count } from "../../app/api/types.lake";

interface Props {
  places: Count[];
  idOf: (count: Count) => string;
  chosen: string | null;
  onChoose: (id: string) => void;
}

const TOP = 40;

export function Bars({ places, idOf, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const most = Math.max(places[0]?.sightings ?? 1, 1);
  return (
    <ol className="bars" aria-label={t("lake.bars_label")}>
      {places.slice(0, TOP).map((place, at) => {
        const id = idOf(place);
        const name =
          place.place_name ??
          (place.position ? `${place.position.lat.toFixed(3)}, ${place.position.lon.toFixed(3)}` : "—");
        return (
          <li key={id}>
            <button
              type="button"
              className="bar"
              aria-pressed={id === chosen}
              data-chosen={id === chosen || undefined}
              onClick={() => onChoose(id)}
            >
              <span className="bar-rank dim">{at + 1}</span>
              <span className="one-line">{name}</span>
              <span className="number">{place.sightings.toLocaleString("en")}</span>
              <svg className="bar-line" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 1">
                <rect width={(place.sightings / most) * 100} height="1" />
              </svg>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
