// One unit of a proposal, with what speaks for and against it.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Reason } from "../../app/api/types";
import type { Advised } from "../../app/api/types.choice";
import { Key } from "../../app/Key";
import { sayDistance, saySeconds } from "../../app/say";
import { isSendable, reasonText } from "./reasons";

function ReasonLine({ reason }: { reason: Reason }) {
  const { t } = useTranslation();
  return (
    <li className={reason.is_for ? "reason-for" : "reason-against"}>
      <span aria-hidden="true">{reason.is_for ? "＋" : "－"}</span>
      <span className="unseen">{t(reason.is_for ? "dispatch.for" : "dispatch.against")}</span>
      {reasonText(reason, t)}
    </li>
  );
}

interface Props {
  one: Advised;
  isChosen: boolean;
  /** `d` acts on it. */
  hasKey: boolean;
  isBusy: boolean;
  isSending: boolean;
  onShow: () => void;
  onSend: () => void;
}

export function RecommendRow({ one, isChosen, hasKey, isBusy, isSending, onShow, onSend }: Props) {
  const { t } = useTranslation();
  const { unit, takes_from } = one;
  return (
    <li
      className="recommend"
      data-testid="recommend-row"
      data-unit={unit.call_sign}
      data-rank={one.rank ?? ""}
      data-chosen={isChosen || undefined}
    >
      <button type="button" className="recommend-main" onClick={onShow}>
        <span className="recommend-top">
          <strong>{unit.call_sign}</strong>
          <span className="dim">{t(`unit_kind.${unit.kind}`)}</span>
          <span className="tag">{t(`unit_state.${unit.state}`)}</span>
          {isChosen && <span className="tag tag-chosen">✓ {t("proposal.chosen")}</span>}
        </span>
        {takes_from && (
          <span className="recommend-takes">
            ▲ {t("proposal.takes", { number: takes_from.incident_number, n: takes_from.priority })}
          </span>
        )}
        <span className="recommend-numbers">
          {one.distance_m !== null && sayDistance(one.distance_m, t)}
          {one.eta_s !== null && ` · ${t("dispatch.eta", { eta: saySeconds(one.eta_s, t) })}`}
          {one.distance_m !== null && (
            <span className="dim"> · {t(one.is_by_road ? "dispatch.by_road" : "dispatch.straight")}</span>
          )}
        </span>
        <ul className="reasons">
          {one.reasons.map((reason) => (
            <ReasonLine key={reason.key} reason={reason} />
          ))}
        </ul>
      </button>
      {isSendable(one) && (
        <Button
          size="md"
          variant={hasKey ? "filled" : "default"}
          loading={isSending}
          disabled={isBusy}
          onClick={onSend}
          rightSection={hasKey ? <Key>d</Key> : undefined}
          data-testid={takes_from ? "take-unit" : "dispatch-unit"}
        >
          {t(takes_from ? "proposal.take" : "dispatch.send")}
          <span className="unseen"> {unit.call_sign}</span>
        </Button>
      )}
    </li>
  );
}
