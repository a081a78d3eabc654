// What officers should know at this box; whoever stands there may correct it.

import "./boxNote.css";
import { Button, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { patrol } from "../app/api/calls.patrol";
import type { Id } from "../app/api/types";

const LONGEST = 500;

export function BoxNote({ box, note, isLarge = false }: { box: Id; note: string; isLarge?: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: () => patrol.note(box, (draft ?? "").trim()),
    onSuccess: () => {
      setDraft(null);
      void client.invalidateQueries({ queryKey: ["patrol-boxes"] });
    },
  });
  const shown = save.data?.note ?? note;
  return (
    <section className="box-note" data-large={isLarge || undefined}>
      <h2 className="section-title">{t("box.note")}</h2>
      {draft === null ? (
        <>
          <p className={`box-note-text ${shown ? "" : "dim"}`} data-testid="box-note">
            {shown || t("box.note_none")}
          </p>
          <Button size={isLarge ? "md" : "xs"} variant="default" onClick={() => setDraft(shown)}>
            {t("box.note_change")}
          </Button>
        </>
      ) : (
        <ActForm
          className="stack"
          act={save}
          label={t("app.save")}
          isComplete={draft.trim() !== shown}
          button={{ size: isLarge ? "lg" : "sm" }}
          buttonTestId="box-note-save"
        >
          <Textarea
            aria-label={t("box.note")}
            description={t("box.note_hint")}
            size="md"
            autosize
            minRows={2}
            maxLength={LONGEST}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
            data-testid="box-note-text"
          />
          <Button size={isLarge ? "lg" : "sm"} variant="default" onClick={() => setDraft(null)}>
            {t("app.cancel")}
          </Button>
        </ActForm>
      )}
    </section>
  );
}
