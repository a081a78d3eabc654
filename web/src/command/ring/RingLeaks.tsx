// What stays open and why: the twin of the hollow junctions on the map.

import { useTranslation } from "react-i18next";
import type { RingPlan, Wgs84 } from "../../app/api/types";
import { minuteClock } from "./ring";

interface Props {
  plan: RingPlan;
  elapsed_s: number;
  onFly: (place: Wgs84) => void;
}

export function RingLeaks({ plan, elapsed_s, onFly }: Props) {
  const { t } = useTranslation();
  const { leaks } = plan;
  if (leaks.length === 0) return null;
  return (
    <section>
      <h3 className="section-title">{t("ring.leaks", { count: leaks.length })}</h3>
      <table className="ring-table" aria-label={t("ring.leaks", { count: leaks.length })}>
        <thead>
          <tr>
            <th scope="col">{t("ring.col_junction")}</th>
            <th scope="col">{t("ring.col_suspect")}</th>
            <th scope="col">{t("ring.col_why")}</th>
          </tr>
        </thead>
        <tbody>
          {leaks.map((leak) => (
            <tr key={`${leak.position.lon},${leak.position.lat}`} data-testid="ring-leak">
              <td>
                <span className="ink-warn">▲ {t("ring.open")}</span>
                <button type="button" className="plain-link" onClick={() => onFly(leak.position)}>
                  {leak.street || t("ring.no_street")}
                </button>
                {leak.is_map_exit && <span className="tag">{t("ring.map_exit")}</span>}
              </td>
              <td className="number">{minuteClock(leak.suspect_s - elapsed_s)}</td>
              <td className="ring-why">
                {leak.why === "too_late" && leak.late_by_s !== null
                  ? t("ring.why.too_late_by", { by: minuteClock(Math.ceil(leak.late_by_s)) })
                  : t(`ring.why.${leak.why}`)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {plan.escape.length > 1 && (
        <p className="dim">
          {t("ring.escape_hint")} {plan.escape_leaves_map && t("ring.escape_leaves_map")}
        </p>
      )}
    </section>
  );
}
