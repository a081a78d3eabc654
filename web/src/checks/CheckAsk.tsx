// The phone is asked whether its crew is well: one thumb answers, with or without a network.

import "./checks.css";
import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "../app/age";
import { ApiError } from "../app/api/client";
import type { Id } from "../app/api/types";
import { saySeconds } from "../app/say";
import { useSession } from "../app/session";
import { explain } from "../app/states";
import { beep } from "../command/Alarm";
import { useMyCheck } from "./useChecks";

function Ask() {
  const { t } = useTranslation();
  const { check, waiting, refused, say, dismiss } = useMyCheck();
  const now_us = useNow() * 1000;
  const known = useRef<Id | null>(null);
  const id = check?.id ?? null;
  useEffect(() => {
    if (!id || id === known.current) return;
    known.current = id;
    navigator.vibrate?.([400, 150, 400, 150, 400]);
    beep();
  }, [id]);
  const left_s = check ? Math.max(0, (check.due_at_us - now_us) / 1e6) : 0;
  const hasAnswered = check?.answered_at_us != null;
  return (
    <div role="alert">
      {refused.map((one) => (
        <div key={one.key} className="check-ask" data-testid="check-refused">
          <p>{t("check.refused")}</p>
          <p>{one.refused && explain(new ApiError(one.refused), t)}</p>
          <Button size="md" variant="default" onClick={() => dismiss(one.key)}>
            {t("patrol.seen")}
          </Button>
        </div>
      ))}
      {check && (
        <section className="check-ask" data-testid="check-ask" data-state={check.state}>
          <p className="check-question">{t(`check.ask_${check.kind}`)}</p>
          <p>
            {waiting
              ? t(`check.unsent_${waiting.says}`)
              : hasAnswered
                ? t("check.late_kept")
                : check.state === "overdue"
                  ? t("check.overdue_phone")
                  : t("check.left", { time: saySeconds(left_s, t) })}
          </p>
          {waiting?.says !== "help" && (
            <div className="check-answers">
              {!waiting && !hasAnswered && (
                <Button
                  size="xl"
                  className="check-say-safe"
                  onClick={() => say(check.id, "safe")}
                  data-testid="check-safe"
                >
                  {t("check.safe")}
                </Button>
              )}
              <Button
                size="xl"
                className="check-say-help"
                onClick={() => say(check.id, "help")}
                data-testid="check-help"
              >
                {t("check.help")}
              </Button>
            </div>
          )}
          {waiting && (
            <a className="panic-call" href="tel:110">
              {t("panic.call")}
            </a>
          )}
        </section>
      )}
    </div>
  );
}

export function CheckAsk() {
  const { me, may } = useSession();
  return me?.unit && may("units.report") ? <Ask /> : null;
}
