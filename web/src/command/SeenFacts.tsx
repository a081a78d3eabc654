// What the picture shows, beside what the entry says; what does not fit is marked by a sign and a word, not by colour alone.

import { useTranslation } from "react-i18next";
import type { Hit } from "../app/api/types";
import { seenParts } from "../app/seen";

export function SeenFacts({ hit }: { hit: Pick<Hit, "seen" | "conflicts"> }) {
  const { t } = useTranslation();
  return (
    <ul className="seen-facts" data-testid="seen-facts">
      {seenParts(hit, t).map(({ part, word, isUnlike }) => (
        <li key={part} data-part={part} data-unlike={isUnlike || undefined}>
          <span className="dim">
            {t(`seen.${part}`)}
            {t("app.colon")}
          </span>
          {word === null && <span className="dim">{t("seen.unsure")}</span>}
          {word !== null && (
            <span className={isUnlike ? "ink-warn" : undefined}>
              {isUnlike && "▲ "}
              {word}
              {isUnlike && t("seen.unlike")}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
