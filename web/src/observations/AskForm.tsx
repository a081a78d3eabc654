// Asks another office for its consent.

import { NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { observations } from "../app/api/calls.observations";
import { type AskObservation, BASES, type ObservationBasis } from "../app/api/types.observations";
import { useSession } from "../app/session";
import { type Draft, requestOf, TERM_DAYS_MAX } from "./ask";

const TERM_DAYS_USUAL = 30;

export function AskForm({ plate, caseRef, onDone }: { plate: string; caseRef: string; onDone: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>({
    plates: plate,
    caseRef,
    basis: null,
    reason: "",
    from: "",
    until: "",
    termDays: TERM_DAYS_USUAL,
  });
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const request = requestOf(draft);
  const act = useMutation({
    mutationFn: () => observations.ask(request as AskObservation),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["observations"] });
      onDone();
    },
  });
  return (
    <section className="panel">
      <p className="dim">{t("observe.ask_hint")}</p>
      <ActForm
        className="form-grid"
        act={act}
        label={t("observe.ask")}
        isComplete={request !== null && Boolean(me?.office)}
        testId="ask-form"
        buttonTestId="ask-submit"
      >
        <TextInput
          label={t("observe.plates")}
          description={t("observe.plates_hint")}
          value={draft.plates}
          onChange={(event) => change({ plates: event.currentTarget.value })}
          required
          data-testid="ask-plates"
        />
        <TextInput
          label={t("observe.case")}
          value={draft.caseRef}
          onChange={(event) => change({ caseRef: event.currentTarget.value })}
          maxLength={40}
          required
          data-testid="ask-case"
        />
        <Select
          label={t("observe.basis")}
          data={BASES.map((value) => ({ value, label: t(`observe.basis_${value}`) }))}
          value={draft.basis}
          onChange={(value) => change({ basis: value as ObservationBasis | null })}
          data-testid="ask-basis"
        />
        <NumberInput
          label={t("observe.term_days")}
          description={t("observe.term_hint")}
          value={draft.termDays}
          onChange={(termDays) => change({ termDays })}
          min={1}
          max={TERM_DAYS_MAX}
          required
        />
        <TextInput
          type="date"
          label={t("observe.from")}
          value={draft.from}
          onChange={(event) => change({ from: event.currentTarget.value })}
          required
          data-testid="ask-from"
        />
        <TextInput
          type="date"
          label={t("observe.until")}
          value={draft.until}
          onChange={(event) => change({ until: event.currentTarget.value })}
          required
          data-testid="ask-until"
        />
        <Textarea
          className="form-wide"
          label={t("observe.reason")}
          description={t("observe.reason_hint")}
          value={draft.reason}
          onChange={(event) => change({ reason: event.currentTarget.value })}
          autosize
          minRows={3}
          maxLength={1000}
          required
          data-testid="ask-reason"
        />
      </ActForm>
    </section>
  );
}
