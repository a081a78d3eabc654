// Asks somebody of another office that a case be sealed.

import { MultiSelect, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { useNow } from "../app/age";
import { seals } from "../app/api/calls.seals";
import type { AskSeal, SealCandidate } from "../app/api/types.seals";
import { HINT_BELOW } from "../app/hintBelow";
import { WHY_CHARS_MAX, WHY_CHARS_MIN } from "../app/ReasonForm";
import { Answer } from "../app/states";
import { useAct } from "../app/useAct";
import { asked, daysAllowed, EMPTY, PLATE_CHARS_MIN, PLATES_MAX, TERM_DAYS_MAX } from "./draft";
import { SealDay } from "./SealDay";

const CASE_MAX = 40;

function Form({ people, onDone }: { people: SealCandidate[]; onDone: () => void }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(EMPTY);
  const set = (some: Partial<typeof EMPTY>) => setDraft((old) => ({ ...old, ...some }));
  const now_us = useNow() * 1000;
  const whole = asked(draft, now_us);
  const act = useAct("seals", (seal: AskSeal) => seals.ask(seal), onDone);
  const named = (of: SealCandidate) => ({
    value: of.actor,
    label: t("seals.person", {
      name: of.name,
      office: of.office ?? t("seals.no_office"),
      role: t(`role.${of.role}`),
    }),
  });
  return (
    <ActForm
      className="form-grid"
      act={{ ...act, mutate: () => whole && act.mutate(whole) }}
      label={t("seals.ask_sure")}
      isComplete={whole !== null}
      testId="seal-form"
      buttonTestId="seal-ask-sure"
    >
      <TextInput
        label={t("seals.case")}
        value={draft.case_ref}
        maxLength={CASE_MAX}
        onChange={(event) => set({ case_ref: event.currentTarget.value })}
        required
      />
      <SealDay
        days={daysAllowed(now_us)}
        value={draft.until}
        onChange={(until) => set({ until })}
        hint={t("seals.until_hint", { days: TERM_DAYS_MAX })}
      />
      <Textarea
        label={t("seals.plates")}
        description={t("seals.plates_hint", { min: PLATE_CHARS_MIN, max: PLATES_MAX })}
        inputWrapperOrder={HINT_BELOW}
        value={draft.plates}
        onChange={(event) => set({ plates: event.currentTarget.value })}
        autosize
        minRows={2}
        required
      />
      <Textarea
        label={t("seals.reason")}
        description={t("seals.reason_hint", { min: WHY_CHARS_MIN, max: WHY_CHARS_MAX })}
        inputWrapperOrder={HINT_BELOW}
        value={draft.reason}
        maxLength={WHY_CHARS_MAX}
        onChange={(event) => set({ reason: event.currentTarget.value })}
        autosize
        minRows={2}
        required
      />
      <MultiSelect
        label={t("seals.members")}
        description={t("seals.members_hint")}
        inputWrapperOrder={HINT_BELOW}
        data={people.map(named)}
        value={draft.members}
        onChange={(members) => set({ members })}
        searchable
        required
      />
      <Select
        label={t("seals.decider")}
        description={t("seals.decider_hint")}
        inputWrapperOrder={HINT_BELOW}
        data={people.filter((of) => of.may_decide).map(named)}
        value={draft.decider}
        onChange={(decider) => set({ decider })}
        nothingFoundMessage={t("seals.no_decider")}
        searchable
        required
      />
    </ActForm>
  );
}

export function AskForm({ onDone }: { onDone: () => void }) {
  const query = useQuery({ queryKey: ["seals", "people"], queryFn: seals.people });
  return <Answer query={query}>{(page) => <Form people={page.items} onDone={onDone} />}</Answer>;
}
