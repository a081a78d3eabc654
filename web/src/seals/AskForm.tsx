// Asks somebody of another office that a case be sealed.

import { MultiSelect, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { microsFromTaipei, taipeiDay } from "../app/age";
import { seals } from "../app/api/calls.seals";
import type { SealCandidate } from "../app/api/types.seals";
import { Answer } from "../app/states";
import { asked, EMPTY } from "./draft";

const CASE_MAX = 40;
const TEXT_MAX = 500;
const DAY_MS = 86_400_000;

function Form({ people, onDone }: { people: SealCandidate[]; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const [day, setDay] = useState("");
  const set = (some: Partial<typeof EMPTY>) => setDraft((old) => ({ ...old, ...some }));
  const whole = asked(draft);
  const act = useMutation({
    mutationFn: async () => {
      if (whole) await seals.ask(whole);
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["seals"] });
      onDone();
    },
  });
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
      act={act}
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
      <TextInput
        type="date"
        label={t("seals.until")}
        description={t("seals.until_hint")}
        value={day}
        min={taipeiDay((Date.now() + 2 * DAY_MS) * 1000)}
        max={taipeiDay((Date.now() + 363 * DAY_MS) * 1000)}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          setDay(chosen);
          set({ until_us: chosen ? microsFromTaipei(`${chosen}T23:59`) : null });
        }}
        required
      />
      <Textarea
        label={t("seals.plates")}
        description={t("seals.plates_hint")}
        value={draft.plates}
        onChange={(event) => set({ plates: event.currentTarget.value })}
        autosize
        minRows={2}
        required
      />
      <Textarea
        label={t("seals.reason")}
        description={t("seals.reason_hint")}
        value={draft.reason}
        maxLength={TEXT_MAX}
        onChange={(event) => set({ reason: event.currentTarget.value })}
        autosize
        minRows={2}
        required
      />
      <MultiSelect
        label={t("seals.members")}
        description={t("seals.members_hint")}
        data={people.map(named)}
        value={draft.members}
        onChange={(members) => set({ members })}
        searchable
        required
      />
      <Select
        label={t("seals.decider")}
        description={t("seals.decider_hint")}
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
