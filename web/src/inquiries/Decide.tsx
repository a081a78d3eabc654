// What those who decide do: confirm the claim, say of each case what is told, let a deferral last longer.

import { Button, Radio, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { taipei, taipeiDay, useNow } from "../app/age";
import { inquiries } from "../app/api/calls.inquiries";
import type { CaseUses, Deferral, InquiryShown } from "../app/api/types.inquiries";
import { Failure } from "../app/states";
import { useAct } from "../app/useAct";
import { type Decision, endOf, hasReason, REASON_MAX, requestOf, UNDECIDED } from "./decisions";

export function Confirm({ inquiry }: { inquiry: InquiryShown }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const confirm = useAct("inquiries", () => inquiries.confirm(inquiry.id, true, ""));
  const refuse = useAct("inquiries", () => inquiries.confirm(inquiry.id, false, note.trim()));
  return (
    <div className="inquiry-case">
      <p className="dim">{t("inquiry.confirm_hint")}</p>
      {confirm.error && <Failure error={confirm.error} />}
      <Button onClick={() => confirm.mutate()} loading={confirm.isPending} data-testid="inquiry-confirm">
        {t("inquiry.confirm")}
      </Button>
      <ActForm
        className="stack"
        act={refuse}
        label={t("inquiry.refuse")}
        isComplete={hasReason(note)}
        button={{ variant: "default" }}
      >
        <Textarea
          label={t("inquiry.refuse_note")}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          maxLength={REASON_MAX}
          autosize
          minRows={2}
        />
      </ActForm>
    </div>
  );
}

function DeferFields(props: { until: string; reason: string; onChange: (part: Partial<Decision>) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        type="date"
        label={t("inquiry.until")}
        description={t("inquiry.until_hint")}
        value={props.until}
        min={taipeiDay((Date.now() + 86_400_000) * 1000)}
        onChange={(event) => props.onChange({ until: event.currentTarget.value })}
        required
      />
      <Textarea
        label={t("inquiry.reason")}
        description={t("inquiry.reason_hint")}
        value={props.reason}
        onChange={(event) => props.onChange({ reason: event.currentTarget.value })}
        maxLength={REASON_MAX}
        autosize
        minRows={2}
        required
      />
    </>
  );
}

function CaseFields(props: {
  of: CaseUses;
  decision: Decision;
  onChange: (part: Partial<Decision>) => void;
}) {
  const { t } = useTranslation();
  const { of, decision, onChange } = props;
  return (
    <fieldset className="panel inquiry-case" data-testid="inquiry-case">
      <legend className="section-title">{of.case_ref}</legend>
      <p className="dim">
        {t("inquiry.case_uses", {
          count: of.uses,
          first: taipeiDay(of.first_at_us),
          last: taipeiDay(of.last_at_us),
          offices: of.offices.join(t("app.list_joiner")) || t("app.none"),
        })}
      </p>
      {of.is_running && <p className="note-warn">▲ {t("inquiry.running")}</p>}
      <Radio.Group
        aria-label={of.case_ref}
        value={decision.isTold === null ? null : decision.isTold ? "told" : "later"}
        onChange={(value) => onChange({ isTold: value === "told" })}
      >
        <div className="inquiry-acts">
          <Radio value="told" label={t("inquiry.tell_now")} disabled={of.is_running} />
          <Radio value="later" label={t("inquiry.tell_later")} />
        </div>
      </Radio.Group>
      {decision.isTold === false && <DeferFields {...decision} onChange={onChange} />}
    </fieldset>
  );
}

export function AnswerForm({ inquiry }: { inquiry: InquiryShown }) {
  const { t } = useTranslation();
  const now_us = useNow() * 1000;
  const [decisions, setDecisions] = useState<Record<string, Decision>>({});
  const request = requestOf(inquiry.cases, decisions, now_us);
  const answer = useAct("inquiries", () => inquiries.answer(inquiry.id, request ?? []));
  const change = (of: string, part: Partial<Decision>) =>
    setDecisions((old) => ({ ...old, [of]: { ...(old[of] ?? UNDECIDED), ...part } }));
  return (
    <ActForm
      className="stack"
      act={answer}
      label={t("inquiry.answer")}
      isComplete={request !== null}
      buttonTestId="inquiry-answer"
    >
      <p className="dim">{t("inquiry.answer_hint", { count: inquiry.told_anyway })}</p>
      {inquiry.cases.map((of) => (
        <CaseFields
          key={of.case_ref}
          of={of}
          decision={decisions[of.case_ref] ?? UNDECIDED}
          onChange={(part) => change(of.case_ref, part)}
        />
      ))}
    </ActForm>
  );
}

function Renew({ inquiry, of }: { inquiry: InquiryShown; of: Deferral }) {
  const { t } = useTranslation();
  const now_us = useNow() * 1000;
  const [draft, setDraft] = useState({ until: "", reason: "" });
  const until_us = endOf(draft.until, now_us, of.until_us);
  const isLater = until_us !== null && until_us > of.until_us;
  const renew = useAct("inquiries", () =>
    inquiries.renew(inquiry.id, of.case_ref, until_us ?? 0, draft.reason.trim()),
  );
  return (
    <ActForm
      className="stack"
      act={renew}
      label={t("inquiry.renew")}
      isComplete={isLater && hasReason(draft.reason)}
      button={{ variant: "default" }}
    >
      <DeferFields {...draft} onChange={(part) => setDraft((old) => ({ ...old, ...part }))} />
    </ActForm>
  );
}

export function Deferrals({ inquiry }: { inquiry: InquiryShown }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<string | null>(null);
  return inquiry.deferrals.map((of) => (
    <section key={of.case_ref} className="panel inquiry-case not-printed" data-testid="inquiry-deferral">
      <h3 className="section-title">{t("inquiry.deferred", { case: of.case_ref, count: of.uses })}</h3>
      <p className="number">
        {of.told_in === null
          ? t("inquiry.deferred_until", { at: taipei(of.until_us) })
          : t("inquiry.deferred_told", { number: of.told_in })}
      </p>
      <p>
        {of.reason} <span className="dim">{of.set_by_name}</span>
      </p>
      {of.renewed_reason !== null && (
        <p>
          {t("inquiry.renewed")} {of.renewed_reason} <span className="dim">{of.renewed_by_name}</span>
        </p>
      )}
      {of.told_in === null &&
        of.renewed_at_us === null &&
        (open === of.case_ref ? (
          <Renew inquiry={inquiry} of={of} />
        ) : (
          <Button variant="default" onClick={() => setOpen(of.case_ref)}>
            {t("inquiry.renew")}
          </Button>
        ))}
    </section>
  ));
}
