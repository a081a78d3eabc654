// Deliveries as the background jobs that they are: what waits, what failed after how many tries, and another try by hand.

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { operations } from "../../app/api/calls";
import type { Job } from "../../app/api/types";
import { useSession } from "../../app/session";
import { Roster } from "../Roster";
import { outcomeOf } from "./outcome";

const KIND = "webhooks.deliver";
/** What wants an eye first. */
const ORDER: Record<Job["state"], number> = { failed: 0, running: 1, waiting: 2, done: 3 };

function reasonOf(job: Job, t: (key: string, values: { what: string }) => string): string {
  if (job.last_error === null) return "—";
  const { name, what } = outcomeOf(job.last_error);
  return t(`webhook.outcome_${name}`, { what });
}

export function Deliveries() {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["jobs", KIND],
    enabled: may("operations.watch"),
    queryFn: async () =>
      (await operations.jobs("")).items
        .filter((job) => job.kind === KIND)
        .sort((a, b) => ORDER[a.state] - ORDER[b.state] || b.enqueued_at_us - a.enqueued_at_us),
    refetchInterval: 10_000,
  });
  const retry = useMutation({
    mutationFn: operations.retry,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["jobs"] }),
  });
  if (!may("operations.watch")) return null;
  return (
    <section className="exchange" aria-label={t("webhook.deliveries")}>
      <div>
        <h2 className="section-title exchange-title">{t("webhook.deliveries")}</h2>
        <p className="dim">{t("webhook.deliveries_hint")}</p>
      </div>
      <Roster
        query={query}
        act={retry}
        label={t("webhook.deliveries")}
        empty={{ title: t("webhook.deliveries_none") }}
        idOf={(job) => job.id}
        rowTestId="delivery-row"
        columns={[
          {
            key: "state",
            head: t("jobs.head_state"),
            show: (job) => (
              <span className={`tag ${job.state === "failed" ? "tag-alarm" : ""}`}>
                {t(`jobs.state_${job.state}`)}
              </span>
            ),
          },
          {
            key: "when",
            head: t("webhook.told"),
            show: (job) => <Age at={job.enqueued_at_us} />,
          },
          {
            key: "attempts",
            head: t("jobs.head_attempts"),
            show: (job) => job.attempts,
            className: "number",
          },
          {
            key: "next",
            head: t("webhook.next"),
            show: (job) => (job.state === "waiting" ? <Age at={job.run_at_us} /> : "—"),
          },
          {
            key: "error",
            head: t("webhook.reason"),
            show: (job) => reasonOf(job, t),
            className: (job) => (job.last_error === null ? undefined : "ink-warn"),
          },
          {
            key: "act",
            head: t("jobs.head_act"),
            show: (job) =>
              job.state === "failed" &&
              may("operations.retry") && (
                <Button
                  size="xs"
                  variant="default"
                  loading={retry.isPending && retry.variables === job.id}
                  onClick={() => retry.mutate(job.id)}
                >
                  {t("jobs.retry")}
                </Button>
              ),
          },
        ]}
      />
    </section>
  );
}
