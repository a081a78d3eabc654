// What to do when the bound of a case or asker is used up: ask another office, or open at once because a life is in danger.

import { Button, Group } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { observations } from "../app/api/calls.observations";
import { ApiError } from "../app/api/client";
import type { BoundUse } from "../app/api/types.observations";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { askPath } from "./ask";

export const NEEDS_CONSENT = "oversight.movements.needs_consent";

/** An answer of which something may be kept back. */
export const BOUNDED = "sightings.partial.bounded";

/** How much of the bound is used, when that is why an answer was refused. */
export function boundOf(error: unknown): BoundUse | null {
  if (!(error instanceof ApiError) || error.key !== NEEDS_CONSENT) return null;
  return error.problem.bound ?? null;
}

export function BoundLine({ bound }: { bound: BoundUse }) {
  const { t } = useTranslation();
  return (
    <p data-testid="bound-use">
      {t("observe.used_case", { days: bound.case_days, points: bound.case_points, ...maxima(bound) })}
      <br />
      {t("observe.used_own", { days: bound.own_days, points: bound.own_points, ...maxima(bound) })}
    </p>
  );
}

const maxima = (bound: BoundUse) => ({ days_max: bound.days_max, points_max: bound.points_max });

interface Props {
  plate: string;
  caseRef: string;
  /** Asks the question again, now that it is open. */
  onOpened: () => void;
}

export function NeedsConsent({ plate, caseRef, onOpened }: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [isSure, setSure] = useState(false);
  const open = useMutation({
    mutationFn: () => observations.open(plate, caseRef),
    onSuccess: onOpened,
  });
  return (
    <section className="needs-consent" aria-label={t("observe.beyond")}>
      <Group gap="xs">
        {may("observations.ask") && (
          <Button component={Link} href={askPath(plate, caseRef)} variant="default" data-testid="ask-consent">
            {t("observe.ask")}
          </Button>
        )}
        {may("observations.open") && plate && caseRef && !isSure && (
          <Button color="red" variant="light" onClick={() => setSure(true)} data-testid="open-plate">
            {t("observe.open")}
          </Button>
        )}
        {isSure && (
          <Button color="red" loading={open.isPending} onClick={() => open.mutate()} data-testid="open-sure">
            {t("observe.open_sure", { plate, incident: caseRef })}
          </Button>
        )}
      </Group>
      {isSure && <p className="dim">{t("observe.open_hint")}</p>}
      {open.error && <Failure error={open.error} />}
    </section>
  );
}
