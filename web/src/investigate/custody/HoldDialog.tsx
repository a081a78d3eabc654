// A legal hold: a passage stays beyond its retention, for a reason somebody answers for.

import { Button, Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { microsFromTaipei, taipei } from "../../app/age";
import { custody } from "../../app/api/calls.lake";
import type { Grounds } from "../../app/api/types";
import type { Passing } from "../../app/api/types.lake";
import { Failure } from "../../app/states";
import { useFocusBack } from "../../app/useFocusBack";

interface Props {
  passing: Passing;
  grounds: Grounds;
  onClose: () => void;
}

export function HoldDialog({ passing, grounds, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  useFocusBack();
  const [note, setNote] = useState("");
  const [caseRef, setCaseRef] = useState(grounds.case_ref);
  const [until, setUntil] = useState("");
  const hold = useMutation({
    mutationFn: () => {
      const until_us = until ? microsFromTaipei(`${until}T23:59:59`) : null;
      return custody.hold({
        sighting: passing.id,
        note: note.trim(),
        ...(caseRef.trim() ? { case_ref: caseRef.trim() } : {}),
        ...(until_us === null ? {} : { until_us }),
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["lake", "holds"] }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("custody.hold_title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (note.trim()) hold.mutate();
        }}
      >
        <p>
          <span className="plate">{passing.plate_display}</span> ·{" "}
          <span className="number">{taipei(passing.captured_at_us)}</span> · {passing.place_name}
        </p>
        {hold.isSuccess ? (
          <p className="note-good" role="status" data-testid="hold-done">
            ✓ {t("custody.held", { until: taipei(hold.data.until_us).slice(0, 10) })}
          </p>
        ) : (
          <>
            <Textarea
              label={t("custody.note")}
              description={t("custody.note_hint")}
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
              required
              autosize
              minRows={2}
              data-autofocus
              data-testid="hold-note"
            />
            <TextInput
              label={t("search.case")}
              description={t("custody.case_hint")}
              value={caseRef}
              onChange={(event) => setCaseRef(event.currentTarget.value)}
              maxLength={60}
            />
            <TextInput
              type="date"
              label={t("custody.until")}
              description={t("custody.until_hint")}
              value={until}
              onChange={(event) => setUntil(event.currentTarget.value)}
            />
            {hold.error && <Failure error={hold.error} />}
          </>
        )}
        <div className="dialog-acts">
          <Button variant="default" onClick={onClose}>
            {t(hold.isSuccess ? "app.close" : "app.cancel")}
          </Button>
          {!hold.isSuccess && (
            <Button type="submit" loading={hold.isPending} disabled={!note.trim()} data-testid="hold-place">
              {t("custody.hold")}
            </Button>
          )}
        </div>
      </form>
    </Modal>
  );
}
