// All questions at hand, each one key away.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { KEY_OF, KINDS, type Kind } from "../questions";

export type Tab = Kind | "custody";

interface Props {
  tab: Tab;
  withCustody: boolean;
  /** Questions that have an answer already. */
  answered: Set<Kind>;
  onGo: (tab: Tab) => void;
}

export function QuestionRail({ tab, withCustody, answered, onGo }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  // On a phone the questions are one line that scrolls.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row that is current follows from the tab
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab]);
  const row = (name: Tab, key: string) => (
    <li key={name}>
      <button
        type="button"
        className="rail-row"
        aria-current={name === tab ? "page" : undefined}
        onClick={() => onGo(name)}
        data-testid={`question-${name}`}
      >
        <kbd>{key}</kbd>
        <span className="rail-name">{t(`lake.q_${name}`)}</span>
        {name !== "custody" && answered.has(name) && (
          <span className="rail-dot" role="img" aria-label={t("lake.answered")} />
        )}
      </button>
    </li>
  );
  return (
    <nav className="rail" aria-label={t("lake.questions")}>
      <ul ref={list}>
        {KINDS.map((kind) => row(kind, KEY_OF[kind]))}
        {withCustody && row("custody", "0")}
      </ul>
    </nav>
  );
}
