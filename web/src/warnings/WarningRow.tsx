// One warning in the list: how bad, what, where, and until when.

import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { taipei, useNow } from "../app/age";
import type { Warning } from "../app/api/types.warnings";
import { headlineOf, placesOf, severityOf, stateOf, textIn, toneOf } from "./words";

/** A shape for each severity, so that it is told without colour. */
const MARKS: Record<string, string> = { Extreme: "‼", Severe: "!", Moderate: "▲", Minor: "△", Unknown: "?" };

export function SeverityMark({ warning }: { warning: Warning }) {
  const { t } = useTranslation();
  const now_ms = useNow();
  const severity = severityOf(warning);
  return (
    <span className="warning-mark" data-tone={toneOf(warning, now_ms)}>
      <span aria-hidden="true">{MARKS[severity] ?? "?"}</span>
      <span className="unseen">{t(`warning.severity.${severity}`)}</span>
    </span>
  );
}

/** In a list whose headings say the state, only what they do not say. */
export function WarningTags({ warning, isBrief = false }: { warning: Warning; isBrief?: boolean }) {
  const { t } = useTranslation();
  const now_ms = useNow();
  const state = stateOf(warning, now_ms);
  return (
    <span className="tags">
      {warning.status !== "Actual" && (
        <span className="tag tag-warn">{t(`warning.status.${warning.status}`)}</span>
      )}
      {!(isBrief && (state === "in_force" || state === "draft")) && (
        <span className={`tag ${state === "draft_late" ? "tag-warn" : ""}`} data-testid="warning-state">
          {t(
            state === "told" && warning.msg_type === "Cancel"
              ? "warning.told_cancel"
              : `warning.state_${state}`,
          )}
        </span>
      )}
      {!warning.is_ours && <span className="tag">{t("warning.others")}</span>}
    </span>
  );
}

interface Props {
  warning: Warning;
  isChosen: boolean;
  onChoose: () => void;
}

export function WarningRow({ warning, isChosen, onChoose }: Props) {
  const { t, i18n } = useTranslation();
  const now_ms = useNow();
  const state = stateOf(warning, now_ms);
  const text = textIn(warning.texts, i18n.language);
  return (
    <li>
      <button
        type="button"
        className="pick-row warning-row"
        aria-pressed={isChosen}
        onClick={onChoose}
        data-testid="warning-row"
        data-state={state}
      >
        <SeverityMark warning={warning} />
        <span className="warning-row-text">
          <strong>{headlineOf(warning, i18n.language)}</strong>
          <span className="dim">{[text?.event, placesOf(warning, t)].filter(Boolean).join(" · ")}</span>
          <span className="dim">
            {state === "draft" || state === "draft_late" ? (
              t("warning.drafted_by", { name: warning.created_by_name })
            ) : (
              <>
                {t("warning.until")}{" "}
                <span className="number">{taipei(warning.expires_at_us).slice(5, 16)}</span>{" "}
                {state === "in_force" && (
                  <>
                    · <Age at={warning.expires_at_us} />
                  </>
                )}
              </>
            )}
          </span>
        </span>
        <WarningTags warning={warning} isBrief />
      </button>
    </li>
  );
}
