// A confirmed hit that nobody follows: somebody says why, or the clock will say that nobody did.

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hits } from "../app/api/calls";
import type { Hit } from "../app/api/types";
import { NOT_ANSWERED, NOT_FOLLOWED, type NotFollowed } from "../app/api/types.reasons";
import { ReasonButtons } from "../app/ReasonButtons";
import { sayReason } from "../app/reasonText";
import { Failure } from "../app/states";
import { useAct } from "../app/useAct";

/** As the server has it: said once, and still where the clock was first. */
export function maySayWhyNot(hit: Pick<Hit, "state" | "incident" | "not_followed">): boolean {
  const isUnsaid = !hit.not_followed || hit.not_followed === NOT_ANSWERED;
  return hit.state === "confirmed" && !hit.incident && isUnsaid;
}

/** Stands there for everybody who sees the hit, on whatever screen it was said. */
export function NotFollowedNote({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  if (!hit.not_followed) return null;
  return (
    <p className="note-good" role="status" data-testid="not-followed" data-code={hit.not_followed}>
      {t("reasons.not_followed", { why: sayReason("follow_up", hit.not_followed, t) })}
    </p>
  );
}

export function HitStandDown({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const act = useAct("hits", async (reason: NotFollowed) => {
    const told = await hits.standDown(hit.id, reason, "");
    // The card shows it before the queue is read again. Everything here goes with the question; keys must reach the card.
    client.setQueryData(["hits", hit.id], told);
    setTimeout(() => document.getElementById("card")?.focus());
  });
  return (
    <section className="decision">
      <Button
        variant="default"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        data-testid="stand-down"
      >
        {t("reasons.stand_down")}
      </Button>
      {isOpen && (
        <ReasonButtons
          asked="follow_up"
          title={t("reasons.why_not_followed")}
          codes={NOT_FOLLOWED}
          isBusy={act.isPending}
          onPick={(reason) => act.mutate(reason)}
          onBack={() => setOpen(false)}
        />
      )}
      {act.error && <Failure error={act.error} />}
    </section>
  );
}
