// What is done with a partner: stopped by one, turned on again by two, and the agreement by which it goes on.

import { Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { useNow } from "../app/age";
import { sharing } from "../app/api/calls.sharing";
import type { Micros } from "../app/api/types";
import type { SharingPartner } from "../app/api/types.sharing";
import { DAY_US, dayEnd_us, daysEnding } from "../app/days";
import { HINT_BELOW } from "../app/hintBelow";
import { ReasonForm, saysWhy, WHY_CHARS_MAX, WHY_CHARS_MIN } from "../app/ReasonForm";
import { useAct } from "../app/useAct";

/** As the server has it: an agreement ends between a day and so long from now. */
const YEARS_MAX = 3;
const daysAgreed = (now_us: Micros) => daysEnding(now_us + DAY_US, now_us + YEARS_MAX * 366 * DAY_US);

interface Props {
  of: SharingPartner;
  onDone: () => void;
}

export function Switch({ of, way, onDone }: Props & { way: "off" | "on" }) {
  const { t } = useTranslation();
  const act = useAct("sharing", (reason: string) => sharing[way](of.id, reason), onDone);
  return (
    <ReasonForm
      act={act}
      label={t("sharing.reason")}
      sure={t(`sharing.${way}_sure`)}
      hint={t(`sharing.${way}_hint`)}
      button={way === "off" ? { color: "red" } : {}}
      buttonTestId={`sharing-${way}-sure`}
    />
  );
}

export function Agree({ of, onDone }: Props) {
  const { t } = useTranslation();
  const [basis, setBasis] = useState(of.agreement?.basis ?? "");
  const [until, setUntil] = useState("");
  const days = daysAgreed(useNow() * 1000);
  const [first, last] = days;
  const until_us = first <= until && until <= last ? dayEnd_us(until) : null;
  const act = useAct("sharing", (at_us: number) => sharing.agree(of.id, basis.trim(), at_us), onDone);
  return (
    <ActForm
      className="form-grid"
      act={{ ...act, mutate: () => until_us !== null && act.mutate(until_us) }}
      label={t("sharing.agree_sure")}
      isComplete={until_us !== null && saysWhy(basis)}
      buttonTestId="sharing-agree-sure"
    >
      <Textarea
        label={t("sharing.basis")}
        description={t("sharing.basis_hint", { min: WHY_CHARS_MIN, max: WHY_CHARS_MAX })}
        inputWrapperOrder={HINT_BELOW}
        value={basis}
        onChange={(event) => setBasis(event.currentTarget.value)}
        maxLength={WHY_CHARS_MAX}
        autosize
        minRows={2}
        required
      />
      <TextInput
        type="date"
        label={t("sharing.until")}
        description={t("sharing.until_hint", { years: YEARS_MAX })}
        inputWrapperOrder={HINT_BELOW}
        value={until}
        min={first}
        max={last}
        error={until !== "" && until_us === null ? t("sharing.until_between", { first, last }) : null}
        onChange={(event) => setUntil(event.currentTarget.value)}
        required
      />
    </ActForm>
  );
}
