// A file of the whole answer, made by the server: progress, cancel, download.

import { Button, Modal, Progress, SegmentedControl } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { exports_ } from "../../app/api/calls.lake";
import type { Id } from "../../app/api/types";
import { EXPORT_FORMATS, type ExportFormat, type ExportQuestion } from "../../app/api/types.lake";
import { ProvedDownload } from "../../app/ProvedDownload";
import { Failure } from "../../app/states";
import { useFocusBack } from "../../app/useFocusBack";
import { askedArea, type Question } from "../answer";
import { readPlate } from "../plateText";
import { isNarrowed } from "../questions";
import { PartialNotes } from "./PartialNotes";

const LOOK_MS = 1_000;

/** What the server can export; null for the rest. A file is not narrowed by what pictures show, and would hold more than the screen. */
export function exportable({ kind, draft }: Question): ExportQuestion | null {
  if (isNarrowed(kind, draft)) return null;
  if (kind === "history" || kind === "trajectory")
    return { kind: "history", plate: readPlate(draft.plate).text };
  if (kind === "cameras") return { kind, cameras: draft.cameras };
  if (kind === "area") return { kind, area: askedArea(draft.area) };
  return null;
}

interface Props {
  question: Question;
  asked: ExportQuestion;
  title: string;
  onClose: () => void;
}

export function ExportDialog({ question, asked, title, onClose }: Props) {
  const { t } = useTranslation();
  useFocusBack();
  const [format, setFormat] = useState<ExportFormat>("csv");
  const [id, setId] = useState<Id | null>(null);
  const start = useMutation({
    mutationFn: () => exports_.start({ question: asked, ...question.window, format }, question.grounds),
    onSuccess: (made) => setId(made.id),
  });
  const look = useQuery({
    queryKey: ["lake", "export", id],
    enabled: id !== null,
    queryFn: () => exports_.get(id ?? ""),
    refetchInterval: ({ state }) =>
      !state.data || ["waiting", "running"].includes(state.data.state) ? LOOK_MS : false,
  });
  const cancel = useMutation({
    mutationFn: () => exports_.cancel(id ?? ""),
    onSuccess: () => look.refetch(),
  });
  const made = look.data ?? start.data;
  const isBusy = made?.state === "waiting" || made?.state === "running";
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("export.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <div className="export">
        <p>{title}</p>
        {!made && (
          <>
            <SegmentedControl
              aria-label={t("export.format")}
              value={format}
              onChange={(value) => setFormat(value as ExportFormat)}
              data={EXPORT_FORMATS.map((value) => ({ value, label: t(`export.format_${value}`) }))}
            />
            <p className="dim">{t(`export.hint_${format}`)}</p>
            <p className="dim">{t("export.logged")}</p>
            {start.error && <Failure error={start.error} />}
            <Button loading={start.isPending} onClick={() => start.mutate()} data-testid="export-start">
              {t("export.start")}
            </Button>
          </>
        )}
        {made && (
          <>
            <p role="status" data-testid="export-state" data-state={made.state}>
              <strong>{t(`export.state_${made.state}`)}</strong>
              <span className="number"> · {t("lake.count", { count: made.rows })}</span>
              {made.bytes > 0 && <span className="dim"> · {(made.bytes / 1e6).toFixed(1)} MB</span>}
            </p>
            {isBusy && <Progress value={made.percent} aria-label={t("export.progress")} size="lg" />}
            <PartialNotes notes={made.partial} />
            {made.error && <p className="note-warn">▲ {made.error}</p>}
            {(look.error || cancel.error) && <Failure error={look.error ?? cancel.error} />}
            {made.state === "ready" && (
              <>
                <ProvedDownload path={exports_.file(made.id, question.grounds)} testId="export-file">
                  {t("export.download")}
                </ProvedDownload>
                {made.expires_at_us !== null && (
                  <p className="dim">
                    {t("export.expires")} <Age at={made.expires_at_us} />
                  </p>
                )}
              </>
            )}
            {isBusy && (
              <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
                {t("export.cancel")}
              </Button>
            )}
          </>
        )}
      </div>
    </Modal>
  );
}
