// Every file that came, whichever way, and what became of it.

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import { feeds } from "../../app/api/calls.feeds";
import { MoreButton } from "../../app/MoreButton";
import { Roster } from "../Roster";
import { FeedReportView } from "./FeedReportView";

export function FeedFiles({ name }: { name: string }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(null);
  const query = useInfiniteQuery({
    queryKey: ["feeds", name, "files"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => feeds.files(name, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const open = rows?.find((push) => push.id === chosen);
  return (
    <>
      <Roster
        query={{ ...query, data: rows }}
        empty={{ title: t("feed.files_none"), hint: t("feed.files_none_hint") }}
        idOf={(push) => push.id}
        chosen={chosen}
        rowTestId="feed-file-row"
        columns={[
          {
            key: "when",
            head: t("feed.head_when"),
            show: (push) => (
              <button
                type="button"
                className="plain-link number"
                aria-expanded={push.id === chosen}
                onClick={() => setChosen(push.id === chosen ? null : push.id)}
              >
                {taipei(push.arrived_at_us)}
              </button>
            ),
          },
          { key: "via", head: t("feed.head_via"), show: (push) => t(`feed.via_${push.via}`) },
          { key: "by", head: t("feed.head_by"), show: (push) => push.by_name },
          { key: "file", head: t("feed.head_file"), show: (push) => push.file_name || "—" },
          {
            key: "accepted",
            head: t("feed.count_accepted"),
            show: (push) => push.report.accepted.toLocaleString("en"),
            className: "number",
          },
          {
            key: "duplicates",
            head: t("feed.count_duplicates"),
            show: (push) => push.report.duplicates.toLocaleString("en"),
            className: "number",
          },
          {
            key: "refused",
            head: t("feed.count_refused"),
            show: ({ report }) => (report.refused > 0 ? `▲ ${report.refused.toLocaleString("en")}` : "0"),
            className: ({ report }) => (report.refused > 0 ? "number ink-warn" : "number"),
          },
        ]}
      >
        <MoreButton query={query} />
      </Roster>
      {open && (
        <section className="feed-open" aria-label={taipei(open.arrived_at_us)}>
          <h3 className="section-title">{t("feed.report_of", { at: taipei(open.arrived_at_us) })}</h3>
          <FeedReportView report={open.report} name={open.file_name || name} />
          <p className="dim">{t("feed.values_gone")}</p>
          <p className="dim code">SHA-256 {open.content_hash}</p>
        </section>
      )}
    </>
  );
}
