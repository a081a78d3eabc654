import { useTranslation } from "react-i18next";
import type { PlanState } from "../app/api/types.tours";

const SIGNS: Record<PlanState, string> = {
  proposed: "◇",
  published: "✓",
  discarded: "–",
  withdrawn: "×",
  replaced: "→",
};

export function PlanStateTag({ state }: { state: PlanState }) {
  const { t } = useTranslation();
  const look = state === "proposed" ? "tag tag-warn" : state === "published" ? "tag" : "tag dim";
  return (
    <span className={look} data-state={state} data-testid="plan-state">
      <span aria-hidden="true">{SIGNS[state]}&nbsp;</span>
      {t(`tour.state_${state}`)}
    </span>
  );
}
