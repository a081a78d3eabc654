import { useTranslation } from "react-i18next";
import type { Incident } from "../../app/api/types";
import type { Advised } from "../../app/api/types.choice";
import { useIncidents, useKindTitle } from "../../app/queries";
import { saySeconds } from "../../app/say";
import { ConfirmOrder, FromTo } from "./ConfirmOrder";
import { reasonText } from "./reasons";

interface Props {
  incident: Incident;
  /** Null: closed. */
  advised: Advised | null;
  act: { error: Error | null; isPending: boolean };
  onYes: () => void;
  onNo: () => void;
}

/** Who is taken from what, before it is taken. */
export function TakeDialog({ incident, advised, act, onYes, onNo }: Props) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const incidents = useIncidents();
  const from = advised?.takes_from ?? null;
  const other = incidents.data?.find((one) => one.id === from?.incident);
  const call_sign = advised?.unit.call_sign ?? "";
  const saved = advised?.reasons.find((one) => one.key === "taken_from_lesser");
  const job = (number: string, n: number) => t("take.job", { number, n });
  const told = (one: Incident | undefined) =>
    one ? [kindTitle(one.kind), one.summary].filter(Boolean).join(" · ") : "";
  return (
    <ConfirmOrder
      isOpen={advised !== null}
      title={t("take.title", { call_sign })}
      yes={t("take.yes")}
      no={t("take.no")}
      act={act}
      onYes={onYes}
      onNo={onNo}
      testId="take-dialog"
    >
      {advised && from && (
        <>
          <FromTo
            rows={[
              { head: t("take.from"), main: job(from.incident_number, from.priority), sub: told(other) },
              { head: t("take.to"), main: job(incident.number, incident.priority), sub: told(incident) },
            ]}
          />
          <p>{t("take.state", { call_sign, state: t(`unit_state.${advised.unit.state}`) })}</p>
          {advised.eta_s !== null && saved && (
            <p>{t("take.gain", { eta: saySeconds(advised.eta_s, t), saved: reasonText(saved, t) })}</p>
          )}
          <p className="note-warn">▲ {t("take.after")}</p>
        </>
      )}
    </ConfirmOrder>
  );
}
