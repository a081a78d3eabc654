import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import type { Id } from "../../app/api/types";
import type { Briefing } from "../../app/api/types.patrol";
import { useKindTitle } from "../../app/queries";
import { sayDistance } from "../../app/say";
import { BoxNote } from "../../boxes/BoxNote";

export function BriefingView({ box, briefing }: { box: Id; briefing: Briefing }) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  return (
    <div className="briefing" data-testid="check-in-briefing">
      <BoxNote box={box} note={briefing.note} isLarge />
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
