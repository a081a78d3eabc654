import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { useNow } from "../app/age";
import { hits as hitCalls } from "../app/api/calls";
import type { Wgs84 } from "../app/api/types";
import { ProvedImage } from "../app/ProvedImage";
import { useHits } from "../app/queries";
import { distance_m, sayDistance, sayProbability } from "../app/say";
import { sayWanted } from "../app/seen";

const NEAR_M = 5_000;
const RECENT_US = 30 * 60 * 1_000_000;

export function NearbyHits({ here }: { here: Wgs84 | null }) {
  const { t } = useTranslation();
  const hits = useHits();
  const now_us = useNow() * 1000;
  const near = (hits.data ?? [])
    .filter(
      (hit) =>
        (hit.state === "raised" || hit.state === "confirmed") && now_us - hit.captured_at_us < RECENT_US,
    )
    .map((hit) => ({ hit, metres: here && hit.position ? distance_m(here, hit.position) : null }))
    .filter(({ metres }) => metres === null || metres < NEAR_M)
    .sort((a, b) => (a.metres ?? NEAR_M) - (b.metres ?? NEAR_M));
  if (near.length === 0) return null;
  return (
    <section className="nearby" aria-live="polite">
      <h2 className="section-title">{t("patrol.nearby")}</h2>
      {near.map(({ hit, metres }) => (
        <article
          key={hit.id}
          className={`nearby-hit nearby-${hit.state}`}
          data-testid="nearby-hit"
          data-state={hit.state}
        >
          {hit.has_crop && <ProvedImage src={hitCalls.picture(hit.id, "crop")} alt="" loading="lazy" />}
          <div>
            <p className="nearby-state">
              {hit.state === "raised" ? `▲ ${t("patrol.unconfirmed")}` : `✓ ${t("patrol.confirmed")}`}
            </p>
            <span className="plate">{hit.plate_display}</span>
            <p>
              {hit.place_name}
              {metres !== null && ` · ${sayDistance(metres, t)}`} · <Age at={hit.captured_at_us} />
            </p>
            <p className="dim">
              {hit.state === "confirmed"
                ? `${t(`entry_action.${hit.entry.action}`)} · ${sayWanted(hit.entry, t)}`
                : t("hit.sure", { p: sayProbability(hit.confidence) })}
            </p>
          </div>
        </article>
      ))}
    </section>
  );
}
