import { useTranslation } from "react-i18next";
import type { BoxState } from "../app/api/types.patrol";

const LOOKS: Record<BoxState, { sign: string; className: string }> = {
  on_time: { sign: "✓", className: "tag" },
  late: { sign: "◇", className: "tag tag-warn" },
  missed: { sign: "◆", className: "tag tag-alarm" },
  never: { sign: "?", className: "tag" },
  retired: { sign: "–", className: "tag dim" },
};

/** The same sign as on the map. */
export function BoxStateTag({ state }: { state: BoxState }) {
  const { t } = useTranslation();
  const { sign, className } = LOOKS[state];
  return (
    <span className={className} data-state={state}>
      <span aria-hidden="true">{sign}&nbsp;</span>
      {t(`box.state_${state}`)}
    </span>
  );
}
