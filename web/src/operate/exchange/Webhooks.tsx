// Addresses outside of the house that are told of facts, and how their newest delivery went.

import "./exchange.css";
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { webhooks } from "../../app/api/calls.exchange";
import type { Subscription } from "../../app/api/types.exchange";
import { Icon } from "../../app/icons";
import { Roster } from "../Roster";
import { SureButton } from "../SureButton";
import { Deliveries } from "./Deliveries";
import { outcomeOf } from "./outcome";
import { WebhookDialog } from "./WebhookDialog";

function Newest({ one }: { one: Subscription }) {
  const { t } = useTranslation();
  if (one.last_outcome === null) return <span className="dim">{t("webhook.none_yet")}</span>;
  const { name, what } = outcomeOf(one.last_outcome);
  const isSent = name === "sent";
  return (
    <div className={isSent ? undefined : "ink-warn"} data-testid="webhook-outcome" data-outcome={name}>
      {isSent ? "✓ " : "▲ "}
      {t(`webhook.outcome_${name}`, { what })}
      {one.last_tried_at_us !== null && (
        <div className="dim">
          <Age at={one.last_tried_at_us} />
        </div>
      )}
    </div>
  );
}

const liveFirst = (a: Subscription, b: Subscription) =>
  Number(a.ended_at_us !== null) - Number(b.ended_at_us !== null) || b.created_at_us - a.created_at_us;

export function Webhooks() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const query = useQuery({
    queryKey: ["webhooks"],
    queryFn: async () => (await webhooks.list()).sort(liveFirst),
    refetchInterval: 10_000,
  });
  const end = useMutation({
    mutationFn: webhooks.end,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <div className="exchange">
      <div className="exchange-top">
        <p className="dim">{t("webhook.intro")}</p>
        <Button
          leftSection={<Icon name="plus" size={16} />}
          onClick={() => setAdding(true)}
          data-testid="webhook-new"
        >
          {t("webhook.new")}
        </Button>
      </div>
      <WebhookDialog isOpen={isAdding} onClose={() => setAdding(false)} />
      <Roster
        query={query}
        act={end}
        label={t("operate.tab_webhooks")}
        empty={{ title: t("webhook.none"), hint: t("webhook.none_hint") }}
        idOf={(one) => one.id}
        rowTestId="webhook-row"
        columns={[
          {
            key: "title",
            head: t("webhook.title"),
            show: (one) => (
              <>
                <strong>{one.title}</strong>
                <div className="dim code exchange-url">{one.url}</div>
              </>
            ),
          },
          {
            key: "kinds",
            head: t("webhook.kinds"),
            show: (one) => (
              <span className="tags">
                {one.kinds.map((kind) => (
                  <span key={kind} className="tag">
                    {t(`webhook.kind.${kind}`, { defaultValue: kind })}
                  </span>
                ))}
              </span>
            ),
          },
          { key: "newest", head: t("webhook.newest"), show: (one) => <Newest one={one} /> },
          {
            key: "made",
            head: t("webhook.made"),
            show: (one) => (
              <>
                {one.created_by_name}
                <div className="dim">
                  <Age at={one.created_at_us} />
                </div>
              </>
            ),
          },
          {
            key: "state",
            head: t("webhook.state"),
            show: (one) =>
              one.ended_at_us === null ? (
                <SureButton
                  label={t("webhook.end")}
                  sure={t("webhook.end_sure")}
                  isBusy={end.isPending && end.variables === one.id}
                  onSure={() => end.mutate(one.id)}
                  testId="webhook-end"
                />
              ) : (
                <span className="tag">{t("webhook.ended")}</span>
              ),
          },
        ]}
      />
      <Deliveries />
    </div>
  );
}
