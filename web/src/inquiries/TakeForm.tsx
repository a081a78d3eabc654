// At the counter: the plate, the document that was looked at, and what shows the claim.

import { Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { inquiries } from "../app/api/calls.inquiries";
import type { Id } from "../app/api/types";
import {
  type AskInquiry,
  CLAIMS,
  DOCUMENTS,
  type DocumentKind,
  type PlateClaim,
} from "../app/api/types.inquiries";

const EMPTY: AskInquiry = {
  plate: "",
  document: "id_card",
  document_number: "",
  claim: "keeper",
  claim_shown: "",
};

export function TakeForm({ onTaken }: { onTaken: (id: Id) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const change = (part: Partial<AskInquiry>) => setDraft((old) => ({ ...old, ...part }));
  const take = useMutation({
    mutationFn: () => inquiries.ask(draft),
    onSuccess: (taken) => {
      setDraft(EMPTY);
      void client.invalidateQueries({ queryKey: ["inquiries"] });
      onTaken(taken.id);
    },
  });
  return (
    <details className="panel inquiry-take not-printed">
      <summary className="section-title">{t("inquiry.take")}</summary>
      <p className="dim">{t("inquiry.take_hint")}</p>
      <ActForm
        className="form-grid"
        act={take}
        label={t("inquiry.take_sure")}
        isComplete={
          draft.plate.trim().length >= 2 &&
          draft.document_number.trim().length >= 5 &&
          draft.claim_shown.trim().length >= 2
        }
        buttonTestId="inquiry-take"
      >
        <TextInput
          label={t("inquiry.plate")}
          value={draft.plate}
          onChange={(event) => change({ plate: event.currentTarget.value.toUpperCase() })}
          maxLength={14}
          autoComplete="off"
          classNames={{ input: "plate plate-input" }}
          required
        />
        <Select
          label={t("inquiry.document")}
          data={DOCUMENTS.map((value) => ({ value, label: t(`inquiry.document_${value}`) }))}
          value={draft.document}
          onChange={(value) => value && change({ document: value as DocumentKind })}
          allowDeselect={false}
        />
        <TextInput
          label={t("inquiry.document_number")}
          description={t("inquiry.document_number_hint")}
          value={draft.document_number}
          onChange={(event) => change({ document_number: event.currentTarget.value })}
          maxLength={30}
          autoComplete="off"
          required
        />
        <Select
          label={t("inquiry.claim")}
          data={CLAIMS.map((value) => ({ value, label: t(`inquiry.claim_${value}`) }))}
          value={draft.claim}
          onChange={(value) => value && change({ claim: value as PlateClaim })}
          allowDeselect={false}
        />
        <TextInput
          className="form-wide"
          label={t("inquiry.claim_shown")}
          description={t("inquiry.claim_shown_hint")}
          value={draft.claim_shown}
          onChange={(event) => change({ claim_shown: event.currentTarget.value })}
          maxLength={200}
          required
        />
      </ActForm>
    </details>
  );
}
