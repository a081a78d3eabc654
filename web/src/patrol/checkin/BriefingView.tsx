import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import type { Id } from "../../app/api/types";
import type { Briefing, WantedVehicle } from "../../app/api/types.patrol";
import { useKindTitle } from "../../app/queries";
import { sayDistance } from "../../app/say";
import { sayWanted } from "../../app/seen";
import { BoxNote } from "../../boxes/BoxNote";

/** Whether a person confirmed it stands before the plate: by word and shape, not by colour alone. */
function WantedRow({ one }: { one: WantedVehicle }) {
  const { t } = useTranslation();
  const vehicle = sayWanted(one, t);
  return (
    <li data-testid="briefing-wanted" data-confirmed={one.is_confirmed || undefined}>
      <p className={one.is_confirmed ? "briefing-case-head" : "briefing-case-head ink-warn"}>
        {one.is_confirmed ? `✓ ${t("patrol.confirmed")}` : `▲ ${t("patrol.unconfirmed")}`}
      </p>
      <div className="briefing-case-head">
        <span className="plate">{one.plate_display}</span>
        {one.action && <strong>{t(`entry_action.${one.action}`)}</strong>}
      </div>
      {vehicle && <p>{vehicle}</p>}
      <p className="dim">
        {one.place_name} · {t("checkin.wanted_off", { away: sayDistance(one.distance_m, t) })} ·{" "}
        <Age at={one.seen_at_us} />
      </p>
    </li>
  );
}

export function BriefingView({ box, briefing }: { box: Id; briefing: Briefing }) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  return (
    <div className="briefing" data-testid="check-in-briefing">
      <BoxNote box={box} note={briefing.note} isLarge />
      {briefing.wanted.length > 0 && (
        <section>
          <h2 className="section-title">{t("checkin.wanted")}</h2>
          <ul className="briefing-cases">
            {briefing.wanted.map((one) => (
              <WantedRow key={one.hit} one={one} />
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2 className="section-title">{t("checkin.cases")}</h2>
        {briefing.cases.length === 0 && <p>{t("checkin.no_cases")}</p>}
        <ul className="briefing-cases">
          {briefing.cases.map((one) => (
            <li key={one.number}>
              <div className="briefing-case-head">
                <strong>{kindTitle(one.kind)}</strong>
                {one.is_open && <span className="tag tag-warn">{t("checkin.case_open")}</span>}
              </div>
              {one.summary && <p>{one.summary}</p>}
              <p className="dim">
                {one.number} · {sayDistance(one.distance_m, t)} · <Age at={one.opened_at_us} />
              </p>
            </li>
          ))}
        </ul>
      </section>
      <p className="dim">{t("checkin.visited", { count: briefing.visited })}</p>
    </div>
  );
}
