import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { ApiError } from "../app/api/client";
import { explain } from "../app/states";
import type { StepQueue } from "./queue";

/** What is on the phone and not yet with the server. */
export function QueueNotice({ queue }: { queue: StepQueue }) {
  const { t } = useTranslation();
  const shown = queue.items.filter((one) => one.step.step !== "delivered");
  const waiting = shown.filter((one) => one.refused === null);
  const refused = shown.filter((one) => one.refused !== null);
  if (shown.length === 0) return null;
  return (
    <section className="queue-notice" aria-live="polite" data-testid="offline-queue">
      {waiting.length > 0 && (
        <>
          <div className="queue-notice-head">
            <strong>{t("patrol.waiting", { count: waiting.length })}</strong>
            <Button size="compact-md" variant="default" onClick={queue.retry}>
              {t("patrol.send_now")}
            </Button>
          </div>
          <ul>
            {waiting.map((one) => (
              <li key={one.key} data-testid="queued-step">
                {t(`step.${one.step.step}`)} <Age at={one.queued_at_us} className="dim" />
              </li>
            ))}
          </ul>
        </>
      )}
      {refused.map((one) => (
        <div key={one.key} className="refused" role="alert">
          <div>
            <strong>{t("patrol.refused", { step: t(`step.${one.step.step}`) })}</strong>
            <p>{one.refused && explain(new ApiError(one.refused), t)}</p>
          </div>
          <Button size="md" variant="default" onClick={() => queue.dismiss(one.key)}>
            {t("patrol.seen")}
          </Button>
        </div>
      ))}
    </section>
  );
}
