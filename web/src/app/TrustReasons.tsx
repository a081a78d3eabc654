import { useTranslation } from "react-i18next";
import type { TrustReason } from "./api/types.trust";

/** What speaks against a session, the heaviest first, with the points that each took of a hundred. */
export function TrustReasons({ reasons }: { reasons: TrustReason[] }) {
  const { t } = useTranslation();
  if (reasons.length === 0) return <p className="dim">{t("trust.no_reason")}</p>;
  return (
    <ul aria-label={t("trust.reasons")}>
      {reasons.map(({ code, points }) => (
        <li key={code}>
          {t(`trust.reason_${code}`)}
          {/* A heavier one has left nothing to take. */}
          {points > 0 && <span className="dim"> −{points}</span>}
        </li>
      ))}
    </ul>
  );
}
