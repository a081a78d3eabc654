// Asks that incidents be given out: one by its number, or those of some days.

import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../../app/ActForm";
import { useNow } from "../../app/age";
import { disclosures } from "../../app/api/calls.disclosures";
import type { AskDisclosure } from "../../app/api/types.disclosures";
import { HINT_BELOW } from "../../app/hintBelow";
import { useAct } from "../../app/useAct";
import { DAYS_MAX, daysFault, scopeOf, yesterday } from "./scope";

export const TEXT_CHARS_MIN = 2;
export const TEXT_CHARS_MAX = 300;
const EMPTY = { ref: "", basis: "", number: "", from: "", until: "" };

export function AskForm() {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(EMPTY);
  const set = (some: Partial<typeof EMPTY>) => setDraft((old) => ({ ...old, ...some }));
  const now_us = useNow() * 1000;
  const [scope, fault] = [scopeOf(draft, now_us), daysFault(draft, now_us)];
  const [request_ref, basis] = [draft.ref.trim(), draft.basis.trim()];
  const isSaid = [request_ref, basis].every((text) => text.length >= TEXT_CHARS_MIN);
  const act = useAct("disclosures", async (asked: AskDisclosure) => {
    await disclosures.ask(asked);
    setDraft(EMPTY);
  });
  return (
    <ActForm
      className="form-grid"
      act={{ ...act, mutate: () => scope && act.mutate({ request_ref, basis, scope }) }}
      label={t("disclosure.ask")}
      isComplete={isSaid && scope !== null}
      testId="disclosure-form"
      buttonTestId="disclosure-ask"
    >
      <TextInput
        label={t("disclosure.ref")}
        description={t("disclosure.ref_hint")}
        inputWrapperOrder={HINT_BELOW}
        value={draft.ref}
        maxLength={TEXT_CHARS_MAX}
        onChange={(event) => set({ ref: event.currentTarget.value })}
        required
      />
      <TextInput
        label={t("disclosure.basis")}
        value={draft.basis}
        maxLength={TEXT_CHARS_MAX}
        onChange={(event) => set({ basis: event.currentTarget.value })}
        required
      />
      <TextInput
        className="form-wide"
        label={t("disclosure.number")}
        description={t("disclosure.number_hint")}
        inputWrapperOrder={HINT_BELOW}
        value={draft.number}
        onChange={(event) => set({ number: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label={t("disclosure.from")}
        value={draft.from}
        max={yesterday(now_us)}
        onChange={(event) => set({ from: event.currentTarget.value })}
        data-testid="disclosure-from"
      />
      <TextInput
        type="date"
        label={t("disclosure.until")}
        description={t("disclosure.until_hint", { max: DAYS_MAX })}
        inputWrapperOrder={HINT_BELOW}
        value={draft.until}
        max={yesterday(now_us)}
        error={fault && t(`disclosure.fault_${fault}`, { max: DAYS_MAX })}
        onChange={(event) => set({ until: event.currentTarget.value })}
        data-testid="disclosure-until"
      />
    </ActForm>
  );
}
