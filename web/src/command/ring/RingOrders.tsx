// Who stops where: the twin of the filled junctions on the map. Each row is sent by hand.

import { Button } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Assignment, RingOrder, RingVerdict, Wgs84 } from "../../app/api/types";
import { ReasonWords } from "./RingVerdicts";
import { type LiveOrder, minuteClock, slackWord } from "./ring";
import type { Sender } from "./useSend";

const MARK = { late: "▲", tight: "!", fine: "✓" } as const;
const INK = { late: "ink-alarm", tight: "ink-warn", fine: undefined } as const;

function stateOf(a: Assignment): string {
  return a.state === "offered" && a.delivered_at_us ? "delivered" : a.state;
}

interface RowProps {
  live: LiveOrder;
  verdict: RingVerdict | undefined;
  sender: Sender;
  onFly: (place: Wgs84) => void;
}

function OrderRow({ live, verdict, sender, onFly }: RowProps) {
  const { t } = useTranslation();
  const street = useRef<HTMLButtonElement>(null);
  const { order, sent } = live;
  const word = slackWord(live.slack_s);
  const sending = sender.of(order.unit);
  const send = async () => {
    await sender.send([order]);
    // The pressed button is gone once it was sent; the keyboard goes on from this row.
    street.current?.focus();
  };
  return (
    <tr data-testid="ring-order" data-unit={order.call_sign} data-slack={word}>
      <td>
        <strong>
          <span className="ring-number">{live.number}</span> {order.call_sign}
        </strong>
        {order.is_kept && <span className="tag">{t("ring.kept")}</span>}
        <button ref={street} type="button" className="plain-link" onClick={() => onFly(order.position)}>
          {order.street || t("ring.no_street")}
        </button>
        {order.is_map_exit && <span className="tag">{t("ring.map_exit")}</span>}
        {verdict && <ReasonWords reasons={verdict.reasons.filter((r) => r.key !== "ring.in_time")} />}
      </td>
      <td className="number">{minuteClock(Math.ceil(live.drive_s))}</td>
      <td className="number">{minuteClock(live.suspect_s)}</td>
      <td className={`number ${INK[word] ?? ""}`}>
        {minuteClock(live.slack_s)}
        <span className="ring-word">
          <span aria-hidden="true">{MARK[word]}</span> {t(`ring.slack_${word}`)}
        </span>
      </td>
      <td>
        {sent ? (
          <>
            <span className="tag" data-testid="ring-sent" data-state={sent.state}>
              {t(`assignment_state.${stateOf(sent)}`)}
            </span>
            {sender.isTold(order.unit) && (
              <span className="tag" data-testid="ring-told">
                ✓ {t("ring.told")}
              </span>
            )}
          </>
        ) : (
          <Button
            size="sm"
            variant="default"
            loading={sending?.state === "sending"}
            onClick={() => void send()}
            data-testid="ring-send"
          >
            {t("dispatch.send")}
            <span className="unseen"> {order.call_sign}</span>
          </Button>
        )}
      </td>
    </tr>
  );
}

interface Props {
  orders: LiveOrder[];
  verdicts: RingVerdict[];
  sender: Sender;
  onFly: (place: Wgs84) => void;
}

export function RingOrders({ orders, verdicts, sender, onFly }: Props) {
  const { t } = useTranslation();
  if (orders.length === 0) return null;
  const verdictOf = (order: RingOrder) => verdicts.find((one) => one.unit === order.unit);
  return (
    <section>
      <h3 className="section-title">{t("ring.orders", { count: orders.length })}</h3>
      <table className="ring-table" aria-label={t("ring.orders", { count: orders.length })}>
        <thead>
          <tr>
            <th scope="col">{t("ring.col_unit")}</th>
            <th scope="col">{t("ring.col_drive")}</th>
            <th scope="col">{t("ring.col_suspect")}</th>
            <th scope="col">{t("ring.col_slack")}</th>
            <th scope="col">
              <span className="unseen">{t("dispatch.send")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {orders.map((live) => (
            <OrderRow
              key={live.order.unit}
              live={live}
              verdict={verdictOf(live.order)}
              sender={sender}
              onFly={onFly}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}
