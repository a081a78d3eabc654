// What a person decides of a plan: publish or discard it while it is proposed, withdraw it once it holds, plan anew.

import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PLAN_DECLINED, type PlanDeclined } from "../app/api/types.reasons";
import type { TourPlan } from "../app/api/types.tours";
import { ReasonButtons } from "../app/ReasonButtons";
import { ReasonSelect } from "../app/ReasonSelect";
import { Failure } from "../app/states";
import { type TourParams, usePlanActs } from "./useTours";

interface Props {
  plan: TourPlan;
  go: (next: Partial<TourParams>) => void;
}

export function PlanDecision({ plan, go }: Props) {
  const { t } = useTranslation();
  const { publish, discard } = usePlanActs();
  const [isDiscarding, setDiscarding] = useState(false);
  const [reason, setReason] = useState("");
  const [code, setCode] = useState<PlanDeclined | null>(null);
  const error = publish.error ?? discard.error;
  const isOpen = plan.state === "proposed" || plan.state === "published";
  return (
    <div className="tours-decide not-printed">
      {plan.state === "proposed" && (
        <>
          <Button
            size="md"
            loading={publish.isPending}
            onClick={() => publish.mutate(plan.id)}
            data-testid="tours-publish"
          >
            {t(plan.retask ? "tour.accept" : "tour.publish")}
          </Button>
          <Button
            size="md"
            variant="default"
            aria-expanded={isDiscarding}
            onClick={() => setDiscarding(!isDiscarding)}
            data-testid="tours-discard"
          >
            {t("tour.discard")}
          </Button>
        </>
      )}
      {plan.state === "published" && (
        <details>
          <summary>{t("tour.withdraw")}</summary>
          <div className="tours-fields">
            <Textarea
              label={t("tour.withdraw_reason")}
              maxLength={300}
              autosize
              minRows={2}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              data-testid="tours-withdraw-reason"
            />
            <ReasonSelect
              asked="tours"
              label={t("reasons.why_not_plan")}
              codes={PLAN_DECLINED}
              value={code}
              onChange={setCode}
              testId="tours-withdraw-code"
            />
            <Button
              color="red"
              disabled={!reason.trim() || !code}
              loading={discard.isPending}
              onClick={() => code && discard.mutate({ id: plan.id, code, reason: reason.trim() })}
              data-testid="tours-withdraw"
            >
              {t("tour.withdraw")}
            </Button>
          </div>
        </details>
      )}
      {isOpen && (
        <Button
          size={plan.state === "proposed" ? "md" : "sm"}
          variant="default"
          onClick={() => go({ tab: "new", plan: plan.id })}
          data-testid="tours-again"
        >
          {t("tour.again")}
        </Button>
      )}
      {isDiscarding && plan.state === "proposed" && (
        <ReasonButtons
          asked="tours"
          title={t("reasons.why_not_plan")}
          codes={PLAN_DECLINED}
          isBusy={discard.isPending}
          onPick={(code) => discard.mutate({ id: plan.id, code, reason: "" })}
          onBack={() => setDiscarding(false)}
        />
      )}
      {error && <Failure error={error} />}
    </div>
  );
}
