import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { operations } from "../app/api/calls";
import { useSession } from "../app/session";
import { Roster } from "./Roster";

export function Jobs() {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["jobs"],
    queryFn: async () => (await operations.jobs("")).items,
    refetchInterval: 10_000,
  });
  const retry = useMutation({
    mutationFn: operations.retry,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["jobs"] }),
  });
  return (
    <Roster
      query={query}
      act={retry}
      empty={{ title: t("jobs.none"), hint: t("jobs.none_hint") }}
      idOf={(job) => job.id}
      columns={[
        { key: "kind", head: t("jobs.head_kind"), show: (job) => job.kind, className: "code" },
        {
          key: "state",
          head: t("jobs.head_state"),
          show: (job) => (
            <span className={`tag ${job.state === "failed" ? "tag-alarm" : ""}`}>
              {t(`jobs.state_${job.state}`, { defaultValue: job.state })}
            </span>
          ),
        },
        {
          key: "attempts",
          head: t("jobs.head_attempts"),
          show: (job) => job.attempts,
          className: "number",
        },
        {
          key: "when",
          head: t("jobs.head_when"),
          show: (job) => <Age at={job.finished_at_us ?? job.run_at_us} />,
        },
        { key: "error", head: t("jobs.head_error"), show: (job) => job.last_error ?? "—" },
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
  );
}
