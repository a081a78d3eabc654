// One line of a run card in words: `2 × 巡邏車（事故處理裝備）`.

import { useTranslation } from "react-i18next";
import type { CardAsk } from "../app/api/types.shifts";

export function useSayAsk(): (ask: CardAsk) => string {
  const { t } = useTranslation();
  return ({ count, unit_kind, skills }) => {
    const what = unit_kind ? t(`unit_kind.${unit_kind}`) : t("card.any_unit");
    const having = skills.map((skill) => t(`skill.${skill}`)).join(t("app.list_joiner"));
    return `${count} × ${what}${having && t("app.in_brackets", { text: having })}`;
  };
}
