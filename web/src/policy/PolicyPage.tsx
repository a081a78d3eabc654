// The rules by which units are proposed. A supervisor sets them; dispatchers may read what they are told by.

import "./policy.css";
import { Button, NumberInput, Radio, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { choice } from "../app/api/calls.choice";
import { ApiError } from "../app/api/client";
import { type DispatchPolicy, POLICIES, type Policy, type SetPolicy } from "../app/api/types.choice";
import { DispatchNav } from "../app/DispatchNav";
import { useSession } from "../app/session";
import { Answer, Failure } from "../app/states";
import { Checks } from "./Checks";
import { cleaned, draftOf, isAbout, refusalOf, withNeeds } from "./draft";
import { Needs } from "./Needs";

/** Mean arrival in seconds over the same simulated calls, where it was measured. */
const MEASURED_S: Partial<Record<Policy, number>> = { nearest_by_air: 434.5, nearest_by_road: 398.1 };
const WITH_HANDOVER_S = 375.7;

export interface Editing {
  draft: SetPolicy;
  isReadOnly: boolean;
  error: Error | null;
  change: (to: Partial<SetPolicy>) => void;
}

interface NumberProps {
  editing: Editing;
  /** As the server names it: `rest.duty_max_s`. */
  path: string;
  label: string;
  unit: string;
  value: number;
  step?: number;
  /** Shown times this: a share as per cent, seconds as minutes or hours. */
  scale?: number;
  onValue: (value: number) => void;
}

export function NumberField({
  editing,
  path,
  label,
  unit,
  value,
  step = 1,
  scale = 1,
  onValue,
}: NumberProps) {
  const { t } = useTranslation();
  const refusal = refusalOf(editing.error);
  const isRefused = isAbout(refusal, path);
  const shown = (kept: number) => Math.round(kept * scale * 100) / 100;
  // Seconds stay whole, however they are shown.
  const kept = (next: number) => (scale < 1 ? Math.round(next / scale) : next / scale);
  return (
    <NumberInput
      label={label}
      suffix={` ${unit}`}
      min={0}
      step={step}
      value={shown(value)}
      readOnly={editing.isReadOnly}
      hideControls={editing.isReadOnly}
      error={
        isRefused && refusal
          ? t("policy.range", { least: shown(refusal.least), most: shown(refusal.most) })
          : undefined
      }
      onChange={(next) => typeof next === "number" && onValue(kept(next))}
      data-testid={`policy-${path}`}
    />
  );
}

/** A field by the name it has on this page. */
function inWords(error: Error, t: TFunction): Error {
  const refusal = refusalOf(error);
  if (!refusal || !(error instanceof ApiError)) return error;
  const { problem } = error;
  const label = t(`policy.${refusal.field.split(".").at(-1)}`, { defaultValue: refusal.field });
  return new ApiError({ ...problem, params: { ...problem.params, field: t("app.quoted", { text: label }) } });
}

function Part({ title, help, children }: { title: string; help: string; children: ReactNode }) {
  return (
    <section className="panel">
      <h2 className="section-title">{title}</h2>
      {help && <p className="dim">{help}</p>}
      {children}
    </section>
  );
}

function Choose({ editing }: { editing: Editing }) {
  const { t } = useTranslation();
  const { draft, isReadOnly, change } = editing;
  return (
    <Part title={t("policy.choose")} help="">
      <Radio.Group
        value={draft.policy}
        onChange={(policy) => !isReadOnly && change({ policy: policy as Policy })}
        aria-label={t("policy.choose")}
      >
        <div className="policy-choices">
          {POLICIES.map((policy) => {
            const seconds = MEASURED_S[policy];
            return (
              <Radio.Card
                key={policy}
                value={policy}
                className="policy-choice"
                disabled={isReadOnly && policy !== draft.policy}
                data-testid={`policy-choice-${policy}`}
              >
                <Radio.Indicator />
                <span>
                  <strong>{t(`policy_name.${policy}`)}</strong>
                  <span className="policy-help">{t(`policy.help.${policy}`)}</span>
                  {seconds !== undefined && (
                    <span className="policy-help number">
                      {t("policy.measured", { time: seconds })}
                      {policy === "nearest_by_road" &&
                        ` ${t("policy.measured_more", { time: WITH_HANDOVER_S })}`}
                    </span>
                  )}
                </span>
              </Radio.Card>
            );
          })}
        </div>
      </Radio.Group>
      <p className="dim">{t("policy.measured_note")}</p>
    </Part>
  );
}

function Numbers({ editing }: { editing: Editing }) {
  const { t } = useTranslation();
  const { draft, change, isReadOnly } = editing;
  const { preemption, rest, coverage } = draft;
  const s = t("policy.unit_s");
  const minutes = [t("policy.unit_min"), { scale: 1 / 60, step: 5 }] as const;
  type Group = "preemption" | "rest" | "coverage";
  const number = (group: Group | null, name: string, value: number, unit: string, more = {}) => (
    <NumberField
      key={name}
      editing={editing}
      path={group ? `${group}.${name}` : name}
      label={t(`policy.${name}`)}
      unit={unit}
      value={value}
      onValue={(next) => change(group ? { [group]: { ...draft[group], [name]: next } } : { [name]: next })}
      {...more}
    />
  );
  return (
    <div className="policy-parts">
      <Part title={t("policy.preemption")} help={t("policy.preemption_help")}>
        <Switch
          label={t("policy.preemption_on")}
          checked={preemption.is_on}
          disabled={isReadOnly}
          onChange={(event) => change({ preemption: { ...preemption, is_on: event.currentTarget.checked } })}
          data-testid="policy-preemption"
        />
        {number("preemption", "levels_min", preemption.levels_min, t("policy.unit_levels"))}
        {number("preemption", "saves_min_s", preemption.saves_min_s, s, { step: 10 })}
        {number("preemption", "times_max", preemption.times_max, t("policy.unit_times"))}
      </Part>
      <Part title={t("policy.rest")} help={t("policy.rest_help")}>
        {number("rest", "duty_max_s", rest.duty_max_s, t("policy.unit_h"), { scale: 1 / 3600, step: 0.5 })}
        {number("rest", "rest_min_s", rest.rest_min_s, ...minutes)}
        {number("rest", "slower_max_s", rest.slower_max_s, s, { step: 10 })}
      </Part>
      <Part title={t("policy.coverage")} help={t("policy.coverage_help")}>
        {number("coverage", "s_per_percent", coverage.s_per_percent, s)}
        {number("coverage", "slower_max_s", coverage.slower_max_s, s, { step: 10 })}
        {number("coverage", "threshold_s", coverage.threshold_s, s, { step: 30 })}
        {number("coverage", "busy_share", coverage.busy_share, t("policy.unit_percent"), {
          scale: 100,
          step: 5,
        })}
      </Part>
      <Part title={t("policy.other")} help="">
        {number(null, "stale_after_s", draft.stale_after_s, s, { step: 10 })}
        {number(null, "handover_saves_min_s", draft.handover_saves_min_s, s, { step: 10 })}
        {number(null, "ageing_step_s", draft.ageing_step_s, ...minutes)}
      </Part>
    </div>
  );
}

function Form({ policy, isReadOnly }: { policy: DispatchPolicy; isReadOnly: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [changed, setChanged] = useState<SetPolicy | null>(null);
  const draft = changed ?? draftOf(policy);
  const save = useMutation({
    mutationFn: () => choice.setPolicy(cleaned(draft)),
    onSuccess: (made) => {
      client.setQueryData(["dispatch-policy"], made);
      setChanged(null);
      for (const name of ["recommendations", "advice"]) void client.invalidateQueries({ queryKey: [name] });
    },
  });
  const change = (to: Partial<SetPolicy>) => {
    if (isReadOnly) return;
    save.reset();
    setChanged({ ...draft, ...to });
  };
  const editing: Editing = { draft, isReadOnly, error: save.error, change };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) save.mutate();
      }}
      data-testid="policy-form"
    >
      <p className="dim" data-testid="policy-set-by">
        {policy.set_at_us === null
          ? t("policy.never_set")
          : t("policy.set_by", { name: policy.set_by ?? "—", at: taipei(policy.set_at_us) })}
        {isReadOnly && ` · ${t("policy.read_only")}`}
      </p>
      <Choose editing={editing} />
      <Numbers editing={editing} />
      {draft.checks && <Checks editing={editing} checks={draft.checks} />}
      <Part title={t("policy.needs")} help={t("policy.needs_help")}>
        <Needs
          needs={draft.needs}
          isReadOnly={isReadOnly}
          onChange={(kind, skills) => change({ needs: withNeeds(draft, kind, skills).needs })}
        />
      </Part>
      {!isReadOnly && (changed || save.isSuccess || save.error) && (
        <div className="policy-save">
          {save.error && <Failure error={inWords(save.error, t)} />}
          <span role="status" className={changed ? "ink-warn" : "dim"}>
            {changed ? t("policy.unsaved") : save.isSuccess ? `✓ ${t("policy.saved")}` : ""}
          </span>
          <Button variant="default" disabled={!changed} onClick={() => setChanged(null)}>
            {t("policy.undo")}
          </Button>
          <Button type="submit" disabled={!changed} loading={save.isPending} data-testid="policy-save">
            {t("policy.save")}
          </Button>
        </div>
      )}
    </form>
  );
}

export default function PolicyPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useQuery({ queryKey: ["dispatch-policy"], queryFn: choice.policy });
  return (
    <div className="page policy-page">
      <DispatchNav />
      <p>{t("policy.intro")}</p>
      <Answer query={query}>
        {(policy) => <Form policy={policy} isReadOnly={!may("dispatch.policy")} />}
      </Answer>
    </div>
  );
}
