// A confirmed hit that nobody follows: somebody says why, or the clock will say that nobody did.

import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { hits } from "../app/api/calls";
import type { Hit } from "../app/api/types";
import { NOT_FOLLOWED, type NotFollowed } from "../app/api/types.reasons";
import { ReasonButtons } from "../app/ReasonButtons";
import { Failure } from "../app/states";

export function HitStandDown({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  const act = useMutation({ mutationFn: (reason: NotFollowed) => hits.standDown(hit.id, reason, "") });
  if (act.data) {
    return (
      <p className="note-good" role="status">
        {t(`reason_code.${act.variables}`)}
      </p>
    );
  }
  return (
    <details>
      <summary data-testid="stand-down">{t("reasons.why_not_followed")}</summary>
      <ReasonButtons
        title={t("reasons.why_not_followed")}
        codes={NOT_FOLLOWED}
        isBusy={act.isPending}
        onPick={(reason) => act.mutate(reason)}
      />
      {act.error && <Failure error={act.error} />}
    </details>
  );
}
