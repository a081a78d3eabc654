import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/states";
import { SureButton } from "../../operate/SureButton";
import type { LiveOrder } from "./ring";
import type { Sender } from "./useSend";

/** Everybody at once, after asking once more; what failed is listed, and the rest is sent all the same. */
export function RingSendAll({ orders, sender }: { orders: LiveOrder[]; sender: Sender }) {
  const { t } = useTranslation();
  const waiting = orders.filter((one) => !one.sent);
  // The ring as it is now is told whole, so one button does it for all of them.
  const untold = orders.filter(({ order, sent }) => sent && !sender.isTold(order.unit));
  const sent = sender.results.filter((one) => one.sending.state === "sent");
  const failed = sender.results.flatMap(({ order, sending }) =>
    sending.state === "failed" ? [{ order, error: sending.error }] : [],
  );
  const sendAll = async () => {
    await sender.send(waiting.map((one) => one.order));
    document.getElementById("card")?.focus();
  };
  return (
    <section className="ring-all">
      {waiting.length > 1 && (
        <SureButton
          size="md"
          label={t("ring.send_all", { count: waiting.length })}
          sure={t("ring.send_all_sure", { count: waiting.length })}
          isBusy={sender.isBusy}
          onSure={() => void sendAll()}
          testId="ring-send-all"
        />
      )}
      {untold.length > 0 && (
        <Button
          size="md"
          variant="default"
          disabled={sender.isBusy}
          loading={sender.isTelling}
          onClick={() => void sender.tell()}
          data-testid="ring-tell"
        >
          {t("ring.tell", { count: untold.length })}
        </Button>
      )}
      <div role="status" data-testid="ring-results">
        {sent.length > 0 && (
          <p>
            ✓ {t("ring.sent", { count: sent.length })}{" "}
            <span className="dim">{sent.map((one) => one.order.call_sign).join(t("app.list_joiner"))}</span>
          </p>
        )}
        {sender.untold !== null && (
          <p className="note-warn">
            ▲ {t("ring.untold")} {explain(sender.untold, t)}
          </p>
        )}
        {failed.length > 0 && (
          <div className="note-warn">
            <p>▲ {t("ring.failed", { count: failed.length })}</p>
            <ul>
              {failed.map(({ order, error }) => (
                <li key={order.unit}>
                  <strong>{order.call_sign}</strong> {explain(error, t)}
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </section>
  );
}
