import { Button, Table } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { sightings } from "../app/api/calls";
import { Answer, Empty, Failure } from "../app/states";

export function Quarantine() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery({
    queryKey: ["quarantine"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => sightings.quarantine(pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  const dismiss = useMutation({
    mutationFn: sightings.dismiss,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["quarantine"] }),
  });
  return (
    <>
      <p className="dim">{t("quarantine.intro")}</p>
      {dismiss.error && <Failure error={dismiss.error} />}
      <Answer query={query}>
        {(data) => {
          const list = data.pages.flatMap((page) => page.items);
          if (list.length === 0)
            return <Empty title={t("quarantine.none")} hint={t("quarantine.none_hint")} />;
          return (
            <div className="wide-table">
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    {["device", "sequence", "plate", "reason", "when", "act"].map((head) => (
                      <Table.Th key={head}>{t(`quarantine.head_${head}`)}</Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((one) => (
                    <Table.Tr key={one.id} data-testid="quarantine-row">
                      <Table.Td>{one.device_name}</Table.Td>
                      <Table.Td className="number">{one.sequence ?? "—"}</Table.Td>
                      <Table.Td className="code">{one.plate_text || "—"}</Table.Td>
                      <Table.Td>
                        {t(`errors.${one.reason}`, { defaultValue: one.detail })}
                        <div className="dim code">{one.reason}</div>
                      </Table.Td>
                      <Table.Td>
                        <Age at={one.received_at_us} />
                      </Table.Td>
                      <Table.Td>
                        <Button
                          size="xs"
                          variant="default"
                          loading={dismiss.isPending && dismiss.variables === one.id}
                          onClick={() => dismiss.mutate(one.id)}
                        >
                          {t("quarantine.dismiss")}
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              {query.hasNextPage && (
                <Button variant="default" fullWidth onClick={() => void query.fetchNextPage()}>
                  {t("app.more")}
                </Button>
              )}
            </div>
          );
        }}
      </Answer>
    </>
  );
}
