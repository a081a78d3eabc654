// The busiest places, as bars that are also a list: each can be chosen and is then shown on the map.

import { useTranslation } from "react-i18next";

export interface Bar {
  id: string;
  name: string;
  count: number;
}

interface Props {
  /** The longest first. */
  bars: Bar[];
  chosen: string | null;
  onChoose: (id: string) => void;
}

const TOP = 40;

export function Bars({ bars, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const most = Math.max(bars[0]?.count ?? 1, 1);
  return (
    <ol className="bars" aria-label={t("lake.bars_label")}>
      {bars.slice(0, TOP).map(({ id, name, count }, at) => (
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
            <span className="number">{count.toLocaleString("en")}</span>
            <svg className="bar-line" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 1">
              <rect width={(count / most) * 100} height="1" />
            </svg>
          </button>
        </li>
      ))}
    </ol>
  );
}
