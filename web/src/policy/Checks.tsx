// When crews are asked whether they are well: a part of the dispatch policy.

import { Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SafetyChecks } from "../app/api/types.shifts";
import { type Editing, NumberField } from "./PolicyPage";

export function Checks({ editing, checks }: { editing: Editing; checks: SafetyChecks }) {
  const { t } = useTranslation();
  const { isReadOnly, change } = editing;
  const set = (to: Partial<SafetyChecks>) => change({ checks: { ...checks, ...to } });
  const minutes = { unit: t("policy.unit_min"), scale: 1 / 60 };
  type NumberName = {
    [K in keyof SafetyChecks]: SafetyChecks[K] extends number ? K : never;
  }[keyof SafetyChecks];
  const number = (name: NumberName, more: { unit: string; scale?: number; step?: number }) => (
    <NumberField
      editing={editing}
      path={`checks.${name}`}
      label={t(`policy.${name}`)}
      value={checks[name]}
      onValue={(value) => set({ [name]: value })}
      {...more}
    />
  );
  const flag = (name: "watches_en_route" | "watches_patrol") => (
    <Switch
      label={t(`policy.${name}`)}
      checked={checks[name]}
      disabled={isReadOnly}
      onChange={(event) => set({ [name]: event.currentTarget.checked })}
      data-testid={`policy-${name}`}
    />
  );
  return (
    <section className="panel" data-testid="policy-checks">
      <h2 className="section-title">{t("check.title")}</h2>
      <p className="dim">{t("policy.checks_help")}</p>
      {number("par_priority_max", { unit: t("policy.unit_level") })}
      {number("par_every_s", { ...minutes, step: 5 })}
      {number("answer_within_s", { unit: t("policy.unit_s"), step: 10 })}
      {flag("watches_en_route")}
      {number("still_m", { unit: "m", step: 10 })}
      {number("still_for_s", minutes)}
      {number("silent_for_s", minutes)}
      {flag("watches_patrol")}
      {number("patrol_still_for_s", { ...minutes, step: 5 })}
    </section>
  );
}
