// Case files and when what is due next.

import { Button, Switch, Table, VisuallyHidden } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { misuse } from "../app/api/calls.misuse";
import { MoreButton } from "../app/MoreButton";
import { Answer, Empty } from "../app/states";

export function Cases({ onShow }: { onShow: (id: string) => void }) {
  const { t } = useTranslation();
  const [isAll, setAll] = useState(false);
  const query = useInfiniteQuery({
    queryKey: ["misuse", "cases", isAll],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => misuse.cases(!isAll, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <>
      <Switch
        mt="sm"
        label={t("misuse.closed_too")}
        checked={isAll}
        onChange={(event) => setAll(event.currentTarget.checked)}
      />
      <Answer query={query}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          if (all.length === 0) return <Empty title={t("misuse.cases_none")} />;
          return (
            <>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reachable by keyboard */}
              <section className="wide-table" tabIndex={0} aria-label={t("misuse.tab_cases")}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      {["officer", "office", "origin", "state", "due"].map((head) => (
                        <Table.Th key={head}>{t(`misuse.head_${head}`)}</Table.Th>
                      ))}
                      <Table.Th>
                        <VisuallyHidden>{t("misuse.show")}</VisuallyHidden>
                      </Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map((file) => (
                      <Table.Tr key={file.id} data-testid="misuse-case-row">
                        <Table.Td className="nowrap">{file.officer_name}</Table.Td>
                        <Table.Td className="nowrap">{file.office ?? "—"}</Table.Td>
                        <Table.Td className="nowrap">{t(`misuse.origin_${file.origin}`)}</Table.Td>
                        <Table.Td className="nowrap">
                          {file.finding
                            ? t(`misuse.finding_${file.finding}`)
                            : t(`misuse.state_${file.state}`)}
                        </Table.Td>
                        <Table.Td className={file.is_overdue ? "ink-warn nowrap" : "nowrap"}>
                          {file.is_overdue && `▲ ${t("misuse.overdue")} `}
                          {taipei((file.state === "asked" ? file.answer_due_at_us : null) ?? file.due_at_us)}
                        </Table.Td>
                        <Table.Td>
                          <Button size="xs" variant="default" onClick={() => onShow(file.id)}>
                            {t("misuse.show")}
                          </Button>
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </section>
              <MoreButton query={query} />
            </>
          );
        }}
      </Answer>
    </>
  );
}
