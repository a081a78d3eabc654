// How much of one plate is shown without a consent; only oversight changes it.

import { NumberInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { taipei } from "../app/age";
import { observations } from "../app/api/calls.observations";
import type { MovementBound } from "../app/api/types.observations";
import { useSession } from "../app/session";
import { Answer } from "../app/states";

function SetBound({ bound }: { bound: MovementBound }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [days, setDays] = useState<number | string>(bound.days_max);
  const [points, setPoints] = useState<number | string>(bound.points_max);
  const act = useMutation({
    mutationFn: () => observations.setBound({ days_max: Number(days), points_max: Number(points) }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["bound"] }),
  });
  return (
    <ActForm
      className="inline-form"
      act={act}
      label={t("observe.bound_set")}
      isComplete={Number(days) >= 1 && Number(points) >= 1}
      buttonTestId="bound-set"
    >
      <NumberInput label={t("observe.bound_days")} value={days} onChange={setDays} min={1} max={31} />
      <NumberInput label={t("observe.bound_points")} value={points} onChange={setPoints} min={1} max={2000} />
    </ActForm>
  );
}

export function Bound() {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useQuery({ queryKey: ["bound"], queryFn: observations.bound });
  return (
    <Answer query={query}>
      {(bound) => (
        <section className="panel" data-testid="bound">
          <p>{t("observe.bound", { days: bound.days_max, points: bound.points_max })}</p>
          {bound.set_at_us !== null && (
            <p className="dim">
              {t("observe.bound_by", { name: bound.set_by_name, at: taipei(bound.set_at_us) })}
            </p>
          )}
          {may("oversight.bound") && <SetBound key={bound.set_at_us ?? 0} bound={bound} />}
        </section>
      )}
    </Answer>
  );
}
