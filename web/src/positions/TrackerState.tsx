import { useTranslation } from "react-i18next";
import type { TrackerState as State } from "../app/api/types.positions";
import { isOdd } from "./trackers";

export function TrackerState({ state }: { state: State }) {
  const { t } = useTranslation();
  const odd = isOdd({ state });
  return (
    <span className={`tag ${odd ? "tag-warn" : ""}`} data-testid="tracker-state" data-state={state}>
      {odd && "▲ "}
      {t(`tracker.state_${state}`)}
    </span>
  );
}
