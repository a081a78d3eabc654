import { Button, Table } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { operations } from "../app/api/calls";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";

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
    <>
      {retry.error && <Failure error={retry.error} />}
      <Answer query={query}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={t("jobs.none")} hint={t("jobs.none_hint")} />
          ) : (
            <div className="wide-table">
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    {["kind", "state", "attempts", "when", "error", "act"].map((head) => (
                      <Table.Th key={head}>{t(`jobs.head_${head}`)}</Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((job) => (
                    <Table.Tr key={job.id}>
                      <Table.Td className="code">{job.kind}</Table.Td>
                      <Table.Td>
                        <span className={`tag ${job.state === "failed" ? "tag-alarm" : ""}`}>
                          {t(`jobs.state_${job.state}`, { defaultValue: job.state })}
                        </span>
                      </Table.Td>
                      <Table.Td className="number">{job.attempts}</Table.Td>
                      <Table.Td>
                        <Age at={job.finished_at_us ?? job.run_at_us} />
                      </Table.Td>
                      <Table.Td>{job.last_error ?? "—"}</Table.Td>
                      <Table.Td>
                        {job.state === "failed" && may("operations.retry") && (
                          <Button
                            size="xs"
                            variant="default"
                            loading={retry.isPending && retry.variables === job.id}
                            onClick={() => retry.mutate(job.id)}
                          >
                            {t("jobs.retry")}
                          </Button>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
          )
        }
      </Answer>
    </>
  );
}
