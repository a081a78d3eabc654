// The answer in one sentence, how old it is, and whether a smaller ring may exist.

import { useTranslation } from "react-i18next";
import { sayDuration } from "../../app/say";
import { type LiveOrder, minuteClock, type Sentence, STALE_S, sentenceOf } from "./ring";
import type { HeldPlan } from "./useRing";

const MARK: Record<Sentence["tone"], string> = { good: "✓", warn: "!", alarm: "▲" };

interface Props {
  held: HeldPlan;
  live: LiveOrder[];
  elapsed_s: number;
}

export function RingAnswer({ held, live, elapsed_s }: Props) {
  const { t } = useTranslation();
  const { plan } = held;
  const isStale = elapsed_s > STALE_S;
  const now = sentenceOf(plan, live, elapsed_s);
  return (
    <section className={`ring-answer tone-${now.tone}`} data-testid="ring-answer" data-outcome={plan.outcome}>
      <p className="ring-sentence" data-testid="ring-sentence">
        <span aria-hidden="true">{MARK[now.tone]}</span> {t(`ring.say.${now.key}`, now.params)}
      </p>
      {plan.outcome !== "no_way_out" && (
        <p className="dim">
          {t(plan.is_proven ? `ring.proven_${plan.outcome}` : `ring.unproven_${plan.outcome}`)}
        </p>
      )}
      {plan.outcome !== "no_way_out" && plan.horizon_s < held.question.horizon_s && (
        <p className="note-warn">{t("ring.map_ends", { horizon: minuteClock(plan.horizon_s) })}</p>
      )}
      <p className={isStale ? "note-warn" : "dim"} data-testid="ring-age" data-stale={isStale || undefined}>
        {t(isStale ? "ring.stale" : "ring.fresh", { age: sayDuration(elapsed_s, t) })}
      </p>
    </section>
  );
}
