import { useTranslation } from "react-i18next";
import type { RingReason, RingVerdict } from "../../app/api/types";
import { minuteClock } from "./ring";

/** A city's units: more than a person reads while somebody drives away. */
const SHOWN_MAX = 60;

const FOR = ["ring.in_time", "ring.only_one", "ring.already_driving", "ring.already_standing"];

export function ReasonWords({ reasons }: { reasons: RingReason[] }) {
  const { t } = useTranslation();
  if (reasons.length === 0) return null;
  return (
    <ul className="reasons">
      {reasons.map(({ key, params }) => (
        <li key={key} className={FOR.includes(key) ? "reason-for" : "reason-against"}>
          <span aria-hidden="true">{FOR.includes(key) ? "＋" : "－"}</span>
          {t(`ring.reason.${key.replace("ring.", "")}`, {
            by: minuteClock(Math.ceil(params.by_s ?? 0)),
            slack: minuteClock(params.slack_s ?? 0),
            count: params.could_hold ?? 0,
            defaultValue: key,
          })}
        </li>
      ))}
    </ul>
  );
}

/** Why not the others: folded, for whoever asks. */
export function RingVerdicts({ verdicts }: { verdicts: RingVerdict[] }) {
  const { t } = useTranslation();
  if (verdicts.length === 0) return null;
  return (
    <details data-testid="ring-verdicts">
      <summary>{t("ring.others", { count: verdicts.length })}</summary>
      <ul className="ring-others">
        {verdicts.slice(0, SHOWN_MAX).map((one) => (
          <li key={one.unit}>
            <strong>{one.call_sign}</strong>
            <ReasonWords reasons={one.reasons} />
          </li>
        ))}
      </ul>
      {verdicts.length > SHOWN_MAX && (
        <p className="dim">{t("ring.others_more", { count: verdicts.length - SHOWN_MAX })}</p>
      )}
    </details>
  );
}
