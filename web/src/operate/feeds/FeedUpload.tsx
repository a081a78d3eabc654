// Files handed to a feed by a person.

import { useTranslation } from "react-i18next";
import { feeds } from "../../app/api/calls.feeds";
import type { Feed, FeedReport } from "../../app/api/types.feeds";
import { CheckedUpload } from "../CheckedUpload";
import { FeedReportView } from "./FeedReportView";

/** What the server takes at once; longer files go into the drop folder. */
const LIMIT_BYTES = 32 * 1024 * 1024;

export function FeedUpload({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  if (feed.sites === 0) return <p className="note-warn">▲ {t("feed.sites_first")}</p>;
  return (
    <CheckedUpload<FeedReport>
      accept=".csv,.txt,.json,.jsonl,.ndjson,.parquet"
      limit={LIMIT_BYTES}
      pathOf={(file, isDryRun) => feeds.uploadPath(feed.name, file.name, isDryRun)}
      dueOf={(report) => report.accepted}
      refreshes={["feeds"]}
      words={{
        drop: t("feed.drop"),
        dropHint: t("feed.drop_hint"),
        checking: t("feed.checking"),
        taking: t("feed.taking"),
        checked: (name) => t("feed.checked", { name }),
        checkedHint: t("feed.checked_hint"),
        take: (count) => t("feed.take", { count }),
        taken: (report, name) => (
          <p className="note-good" role="status" data-testid="feed-taken">
            ✓ {t("feed.taken", { name, count: report.accepted })}
          </p>
        ),
      }}
      show={(report, name) => <FeedReportView report={report} name={name} />}
      fileTestId="feed-file"
      takeTestId="feed-take"
    />
  );
}
