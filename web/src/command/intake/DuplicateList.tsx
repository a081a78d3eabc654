// Open incidents that look like what is in hand, each with why, and what a person may do about it. The machine decides nothing.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import type { Id } from "../../app/api/types";
import type { Duplicate } from "../../app/api/types.intake";
import { useKindTitle } from "../../app/queries";
import { resemblanceText } from "./duplicates";
import "./intake.css";

const LIST = "duplicates";

/** Stays at the lower edge while the list lies below it: fields do not jump under a hand that types, and nobody overlooks it. */
export function DuplicateNotice({ count }: { count: number }) {
  const { t } = useTranslation();
  if (count === 0) return null;
  const show = () => {
    const list = document.getElementById(LIST);
    list?.scrollIntoView({ block: "nearest" });
    list?.querySelector("button")?.focus();
  };
  return (
    <button type="button" className="duplicates-notice" onClick={show} data-testid="duplicates-notice">
      {t("duplicate.notice", { count })} ↓
    </button>
  );
}

interface Props {
  title: string;
  found: Duplicate[];
  /** What the button does: join a call, or merge an incident. */
  act: string;
  isBusy: boolean;
  isOff: boolean;
  onAct: (id: Id) => void;
}

export function DuplicateList({ title, found, act, isBusy, isOff, onAct }: Props) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  if (found.length === 0) return null;
  return (
    <section id={LIST} className="duplicates" aria-label={title} aria-live="polite" data-testid="duplicates">
      <h3 className="section-title">{title}</h3>
      <ol>
        {found.map(({ incident, score, reasons }) => (
          <li key={incident.id} data-testid="duplicate" data-incident={incident.id}>
            <p>
              <strong>{kindTitle(incident.kind)}</strong> <span className="number">{incident.number}</span> ·{" "}
              {t(`incident_state.${incident.state}`)} · <Age at={incident.opened_at_us} />
            </p>
            <p>{incident.summary}</p>
            <p className="dim">
              {t("duplicate.score", { percent: Math.round(score * 100) })}
              {t("app.colon")}
              {reasons.map((reason) => resemblanceText(reason, t)).join(t("app.list_joiner"))}
            </p>
            <Button
              variant="default"
              disabled={isOff}
              loading={isBusy}
              onClick={() => onAct(incident.id)}
              data-testid="take-duplicate"
            >
              {act} {incident.number}
            </Button>
          </li>
        ))}
      </ol>
    </section>
  );
}
