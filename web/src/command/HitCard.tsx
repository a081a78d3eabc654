// Everything a person needs to say "yes, that is it" or "no": picture first, machine second.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { taipei } from "../app/age";
import { hits as hitCalls } from "../app/api/calls";
import type { Hit, Id } from "../app/api/types";
import { Picture } from "../app/Picture";
import { useBasis, useHit } from "../app/queries";
import { sayProbability } from "../app/say";
import { sayWanted } from "../app/seen";
import { useSession } from "../app/session";
import { Answer } from "../app/states";
import { CardHead } from "./CardHead";
import { HitDecision } from "./HitDecision";
import { HitIncident } from "./HitIncident";
import { HitStandDown, maySayWhyNot, NotFollowedNote } from "./HitStandDown";
import { SeenFacts } from "./SeenFacts";

/** Letters where the wanted pattern and the reading differ are marked by an underline, not by colour alone. */
function Reading({ text, pattern }: { text: string; pattern: string }) {
  const isComparable = text.length === pattern.length && !pattern.includes("*");
  return (
    <span className="plate">
      {[...text].map((letter, index) => {
        const wanted = pattern[index];
        const differs = isComparable && wanted !== letter && wanted !== "?";
        // biome-ignore lint/suspicious/noArrayIndexKey: a letter is its place
        return differs ? <u key={index}>{letter}</u> : <span key={index}>{letter}</span>;
      })}
    </span>
  );
}

function Readings({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  const all = [
    { plate: hit.plate, probability: hit.confidence },
    ...hit.alternatives.filter((a) => a.plate !== hit.plate),
  ];
  return (
    <section>
      <h3 className="section-title">{t("hit.readings")}</h3>
      <ul className="readings">
        {all.map((one) => (
          <li key={one.plate}>
            <Reading text={one.plate} pattern={hit.entry.pattern} />
            <span className="bar" aria-hidden="true">
              <span style={{ width: `${Math.max(one.probability * 100, 1)}%` }} />
            </span>
            <span className="number">{sayProbability(one.probability)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Conflicts({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  if (hit.conflicts.length === 0) return null;
  return (
    <section className="conflicts" role="alert" data-testid="conflicts">
      <h3>⚠ {t("hit.conflict_title")}</h3>
      <ul>
        {hit.conflicts.map((conflict) => (
          <li key={conflict}>{t(`conflict.${conflict}`)}</li>
        ))}
      </ul>
    </section>
  );
}

function EntryFacts({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  const basis = useBasis()(hit.entry.legal_basis);
  const { entry } = hit;
  const facts: [string, React.ReactNode][] = [
    [
      t("hit.wanted"),
      <span key="p" className="plate">
        {entry.pattern}
      </span>,
    ],
    [
      t("hit.action"),
      <strong key="a" className={entry.action === "stop_with_caution" ? "ink-alarm" : undefined}>
        {entry.action === "stop_with_caution" && "▲ "}
        {t(`entry_action.${entry.action}`)}
      </strong>,
    ],
    [t("hit.vehicle"), sayWanted(entry, t) || "—"],
    [t("seen.title"), <SeenFacts key="s" hit={hit} />],
    [t("hit.reason"), entry.reason],
    [
      t("hit.legal_basis"),
      <span key="b">
        {basis.title} <span className="dim">{basis.article}</span>
      </span>,
    ],
    [t("hit.owner"), entry.owner],
    [t("hit.expires"), <Age key="e" at={entry.expires_at_us} />],
  ];
  return (
    <section>
      <h3 className="section-title">{t("hit.entry")}</h3>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Outcome({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  if (hit.state === "raised") return null;
  return (
    <section className={`outcome outcome-${hit.state}`} data-testid="hit-outcome" data-state={hit.state}>
      <strong>
        {hit.state === "confirmed" ? "✓ " : "✕ "}
        {t(`hit_state.${hit.state}`)}
        {hit.reject_reason && `${t("app.colon")}${t(`reject_reason.${hit.reject_reason}`)}`}
      </strong>
      <span className="dim">
        {hit.decided_by_name} {hit.decided_at_us && <Age at={hit.decided_at_us} />}
      </span>
      {hit.note && <p>{hit.note}</p>}
    </section>
  );
}

interface Props {
  id: Id;
  onIncident: (id: Id) => void;
  onClose: () => void;
}

export function HitCard({ id, onIncident, onClose }: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useHit(id);
  return (
    <Answer query={query}>
      {(hit) => (
        <article className="card-body" data-testid="hit-card" data-state={hit.state}>
          <CardHead
            title={<span className="plate plate-big">{hit.plate_display}</span>}
            sub={
              <>
                {t(`match_kind.${hit.kind}`)} · {hit.place_name} · <Age at={hit.captured_at_us} />
              </>
            }
            onClose={onClose}
          />
          <Picture
            crop={hit.has_crop ? hitCalls.picture(hit.id, "crop") : null}
            frame={hit.has_frame ? hitCalls.picture(hit.id, "frame") : null}
            alt={t("hit.crop_alt", { place: hit.place_name })}
          />
          <Conflicts hit={hit} />
          <Outcome hit={hit} />
          <NotFollowedNote hit={hit} />
          {hit.state === "raised" && may("hits.decide") && <HitDecision hit={hit} />}
          {hit.state === "confirmed" && !hit.incident && may("dispatch.order") && (
            <HitIncident hit={hit} onIncident={onIncident} />
          )}
          {maySayWhyNot(hit) && may("hits.decide") && <HitStandDown hit={hit} />}
          {hit.incident && (
            <Button
              variant="light"
              onClick={() => hit.incident && onIncident(hit.incident)}
              data-testid="go-incident"
            >
              {t("hit.go_incident")}
            </Button>
          )}
          <Readings hit={hit} />
          <EntryFacts hit={hit} />
          <p className="dim">
            {t("hit.seen_at", { at: taipei(hit.captured_at_us), id: hit.sighting.slice(-6) })}
          </p>
        </article>
      )}
    </Answer>
  );
}
