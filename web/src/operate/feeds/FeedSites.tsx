// Where a partner's gantries and gates stand, which is also what the partner may send: a row from elsewhere is refused.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { feeds } from "../../app/api/calls.feeds";
import type { Feed } from "../../app/api/types.feeds";
import { DropFile } from "../../app/DropFile";
import { Answer, Empty, Failure } from "../../app/states";
import { RosterTable } from "../Roster";

const LIMIT_BYTES = 2 * 1024 * 1024;

export function FeedSites({ feed, isOpen }: { feed: Feed; isOpen: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["feeds", feed.name, "sites"], queryFn: () => feeds.sites(feed.name) });
  const replace = useMutation({
    mutationFn: (file: File) => feeds.replaceSites(feed.name, file),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["feeds"] }),
  });
  return (
    <>
      <Answer query={query}>
        {(sites) =>
          sites.length === 0 ? (
            <Empty title={t("feed.sites_none")} hint={t("feed.sites_none_hint")} />
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard
            <section className="wide-table feed-sites" tabIndex={0} aria-label={t("feed.sites")}>
              <RosterTable
                rows={sites}
                idOf={(site) => site.code}
                rowTestId="site-row"
                columns={[
                  { key: "code", head: t("feed.site_code"), show: (site) => site.code, className: "code" },
                  { key: "name", head: t("feed.site_name"), show: (site) => site.name },
                  {
                    key: "place",
                    head: t("feed.site_place"),
                    show: ({ position }) => `${position.lat.toFixed(5)}, ${position.lon.toFixed(5)}`,
                    className: "number",
                  },
                ]}
              />
            </section>
          )
        }
      </Answer>
      {isOpen && (
        <DropFile
          accept=".csv,.txt,.json"
          label={t("feed.sites_drop")}
          hint={t("feed.sites_drop_hint")}
          limit={LIMIT_BYTES}
          isBusy={replace.isPending}
          onFile={(file) => replace.mutate(file)}
          testId="feed-sites-file"
        />
      )}
      {replace.error && <Failure error={replace.error} />}
      {replace.data && (
        <p className="note-good" role="status">
          ✓ {t("feed.sites_replaced", { count: replace.data.items.length })}
        </p>
      )}
    </>
  );
}
