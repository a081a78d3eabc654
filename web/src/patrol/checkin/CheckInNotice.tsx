import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { taipeiTime } from "../../app/age";
import { ApiError } from "../../app/api/client";
import { explain } from "../../app/states";
import type { QueuedCheckIn } from "./checkInQueue";
import { shortCode } from "./code";
import type { CheckIns } from "./useCheckIns";

/** Check-ins that are on the phone and not yet with the server, or that the server did not accept. */
export function CheckInNotice({ checkIns }: { checkIns: CheckIns }) {
  const { t } = useTranslation();
  const { waiting, refused } = checkIns;
  if (waiting.length + refused.length === 0) return null;
  const name = (one: QueuedCheckIn) => t("checkin.one", { code: shortCode(one.code) });
  return (
    <section className="queue-notice" data-testid="check-in-queue">
      {waiting.length > 0 && (
        <>
          <div className="queue-notice-head">
            <strong>{t("checkin.waiting", { count: waiting.length })}</strong>
            <Button size="md" variant="default" onClick={checkIns.retry}>
              {t("patrol.send_now")}
            </Button>
          </div>
          <ul>
            {waiting.map((one) => (
              <li key={one.key} data-testid="queued-check-in">
                {name(one)} · {taipeiTime(one.measured_at_us).slice(0, 5)}{" "}
                <Age at={one.measured_at_us} className="dim" />
                {one.position === null && <span className="dim"> · {t("checkin.without_position")}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      {refused.map((one) => (
        <div key={one.key} className="refused" role="alert" data-testid="refused-check-in">
          <div>
            <strong>▲ {t("checkin.refused", { one: name(one) })}</strong>
            <p>{one.refused && explain(new ApiError(one.refused), t)}</p>
          </div>
          <Button size="md" variant="default" onClick={() => checkIns.dismiss(one.key)}>
            {t("patrol.seen")}
          </Button>
        </div>
      ))}
    </section>
  );
}
