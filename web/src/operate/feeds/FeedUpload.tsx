// A file in two looks: first what would become of it, then, when a person says so, it is taken in.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { feeds } from "../../app/api/calls.feeds";
import type { Feed, FeedReport } from "../../app/api/types.feeds";
import { DropFile } from "../../app/DropFile";
import { Failure } from "../../app/states";
import { UploadProgress } from "../UploadProgress";
import { upload } from "../upload";
import { FeedReportView } from "./FeedReportView";

/** What the server takes at once; longer files go into the drop folder. */
const LIMIT_BYTES = 32 * 1024 * 1024;

export function FeedUpload({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState(0);
  const send = (chosen: File, isDryRun: boolean) => {
    setShare(0);
    return upload<FeedReport>(feeds.uploadPath(feed.name, chosen.name, isDryRun), chosen, setShare);
  };
  const check = useMutation({ mutationFn: (chosen: File) => send(chosen, true) });
  const take = useMutation({
    mutationFn: (chosen: File) => send(chosen, false),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["feeds"] }),
  });
  const isBusy = check.isPending || take.isPending;
  const report = take.data ?? check.data;
  if (feed.sites === 0) return <p className="note-warn">▲ {t("feed.sites_first")}</p>;
  return (
    <>
      <DropFile
        accept=".csv,.txt,.json,.jsonl,.ndjson,.parquet"
        label={t("feed.drop")}
        hint={t("feed.drop_hint")}
        limit={LIMIT_BYTES}
        isBusy={isBusy}
        onFile={(chosen) => {
          setFile(chosen);
          take.reset();
          check.mutate(chosen);
        }}
        testId="feed-file"
      />
      {isBusy && (
        <UploadProgress share={share} working={t(check.isPending ? "feed.checking" : "feed.taking")} />
      )}
      {(take.error ?? check.error) && <Failure error={take.error ?? check.error} />}
      {file && report && !check.isPending && (
        <>
          {take.data ? (
            <p className="note-good" role="status" data-testid="feed-taken">
              ✓ {t("feed.taken", { name: file.name, count: take.data.accepted })}
            </p>
          ) : (
            <p role="status">
              <strong>{t("feed.checked", { name: file.name })}</strong> {t("feed.checked_hint")}
            </p>
          )}
          <FeedReportView report={report} name={file.name} />
          {check.data && !take.data && (
            <Button
              className="start"
              disabled={check.data.accepted === 0}
              loading={take.isPending}
              onClick={() => take.mutate(file)}
              data-testid="feed-take"
            >
              {t("feed.take", { count: check.data.accepted })}
            </Button>
          )}
        </>
      )}
    </>
  );
}
