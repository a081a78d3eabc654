// What is done with a seal: decided by whoever was named, lengthened once, lifted by two.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { useNow } from "../app/age";
import { seals } from "../app/api/calls.seals";
import type { Seal } from "../app/api/types.seals";
import { dayEnd_us } from "../app/days";
import { ReasonForm } from "../app/ReasonForm";
import { useAct } from "../app/useAct";
import { daysAllowed, isAllowed, TERM_DAYS_MAX } from "./draft";
import { SealDay } from "./SealDay";

export type SealAct = "seal" | "refuse" | "extend" | "lift";

interface Props {
  of: Seal;
  onDone: () => void;
}

/** What somebody who is here may do with it. */
export function actsOf(of: Seal, mayDecide: boolean): SealAct[] {
  if (of.is_mine_to_decide) return ["seal", "refuse"];
  if (of.state !== "in_force" || of.content === null) return [];
  return mayDecide && of.extended_at_us === null ? ["extend", "lift"] : ["lift"];
}

function Decide({ of, is_sealed, onDone }: Props & { is_sealed: boolean }) {
  const { t } = useTranslation();
  const act = useAct("seals", (note: string) => seals.decide(of.id, is_sealed, note), onDone);
  return (
    <ReasonForm
      act={act}
      label={t("seals.note")}
      sure={t(is_sealed ? "seals.seal_sure" : "seals.refuse_sure")}
      hint={t(is_sealed ? "seals.seal_hint" : "seals.refuse_hint")}
      isNeeded={!is_sealed}
      buttonTestId="seal-decide-sure"
    />
  );
}

function Lift({ of, onDone }: Props) {
  const { t } = useTranslation();
  const act = useAct("seals", (reason: string) => seals.lift(of.id, reason), onDone);
  return (
    <ReasonForm
      act={act}
      label={t("seals.reason")}
      sure={t(of.is_lift_asked ? "seals.lift_second" : "seals.lift_first")}
      hint={t("seals.lift_hint")}
      buttonTestId="seal-lift-sure"
    />
  );
}

function Extend({ of, onDone }: Props) {
  const { t } = useTranslation();
  const [until, setUntil] = useState("");
  const days = daysAllowed(useNow() * 1000, of.ends_at_us);
  const until_us = isAllowed(until, days) ? dayEnd_us(until) : null;
  const act = useAct("seals", (at_us: number) => seals.extend(of.id, at_us), onDone);
  return (
    <ActForm
      className="stack"
      act={{ ...act, mutate: () => until_us !== null && act.mutate(until_us) }}
      label={t("seals.extend_sure")}
      isComplete={until_us !== null}
      buttonTestId="seal-extend-sure"
    >
      <SealDay
        days={days}
        value={until}
        onChange={setUntil}
        hint={t("seals.extend_hint", { days: TERM_DAYS_MAX })}
      />
    </ActForm>
  );
}

export function SealActForm({ act, ...props }: Props & { act: SealAct }) {
  if (act === "extend") return <Extend {...props} />;
  if (act === "lift") return <Lift {...props} />;
  return <Decide {...props} key={act} is_sealed={act === "seal"} />;
}
