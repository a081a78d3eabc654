// One case file: why it was opened, what the log says, what was asked and answered, and the finding.

import { Select, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { readable, taipei } from "../app/age";
import { misuse } from "../app/api/calls.misuse";
import type { AuditLine } from "../app/api/types";
import { type CaseFinding, type CaseStep, FINDINGS } from "../app/api/types.misuse";
import { NOT_FOUNDED, type NotFounded } from "../app/api/types.reasons";
import { ReasonSelect } from "../app/ReasonSelect";
import { Answer } from "../app/states";
import { useAct } from "../app/useAct";
import { Hint } from "./Alerts";
import { isSaid, TEXT_CHARS_MAX } from "./said";

export function Steps({ steps }: { steps: CaseStep[] }) {
  const { t } = useTranslation();
  return (
    <ol className="misuse-steps">
      {steps.map((step) => (
        <li key={`${step.at_us} ${step.what}`} data-testid={`misuse-step-${step.what}`}>
          <strong>{t(`misuse.step_${step.what}`)}</strong>{" "}
          <span className="dim">
            {step.by_name} {taipei(step.at_us)}
          </span>
          <p className="said">{step.said}</p>
        </li>
      ))}
    </ol>
  );
}

function Log({ log, count }: { log: AuditLine[]; count: number }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3 className="section-title">{t("misuse.log", { count })}</h3>
      <ul>
        {log.map((line) => (
          <li key={line.seq}>
            <span className="number">{line.seq}</span> {taipei(line.at_us)}{" "}
            {line.is_erased ? (
              <em>{t("audit.erased")}</em>
            ) : (
              <>
                <span className="code">{readable(line.object)}</span>{" "}
                <span className="dim">
                  {line.purpose && t(`purpose.${line.purpose}`, { defaultValue: line.purpose })}{" "}
                  {line.case_ref ?? t("misuse.no_case")}
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Ask({ id }: { id: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const act = useAct("misuse", async () => {
    await misuse.question(id, text);
    setText("");
  });
  return (
    <ActForm
      className="stack"
      act={act}
      label={t("misuse.ask")}
      isComplete={isSaid(text)}
      buttonTestId="misuse-ask"
    >
      <Textarea
        label={t("misuse.question")}
        description={t("misuse.question_hint")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autosize
        maxLength={TEXT_CHARS_MAX}
        data-testid="misuse-question"
      />
    </ActForm>
  );
}

function Find({ id }: { id: string }) {
  const { t } = useTranslation();
  const [finding, setFinding] = useState<CaseFinding | null>(null);
  const [code, setCode] = useState<NotFounded | null>(null);
  const isFounded = finding === "founded";
  const [reason, setReason] = useState("");
  const act = useAct("misuse", async () => {
    await misuse.finding(id, finding ?? "unproven", reason, isFounded ? null : code);
    setReason("");
  });
  return (
    <ActForm
      className="stack"
      act={act}
      label={t("misuse.close")}
      isComplete={finding !== null && (isFounded || code !== null) && isSaid(reason)}
      buttonTestId="misuse-find"
    >
      <Select
        label={t("misuse.finding")}
        description={t("misuse.finding_hint")}
        data={FINDINGS.map((value) => ({ value, label: t(`misuse.finding_${value}`) }))}
        value={finding}
        onChange={(value) => setFinding(value as CaseFinding | null)}
      />
      {finding !== null && !isFounded && (
        <ReasonSelect
          asked="misuse_file"
          label={t("reasons.why_not_founded")}
          codes={NOT_FOUNDED}
          value={code}
          onChange={setCode}
          testId="misuse-code"
        />
      )}
      <Textarea
        label={t("misuse.finding_reason")}
        description={t("misuse.chars")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        autosize
        maxLength={TEXT_CHARS_MAX}
      />
    </ActForm>
  );
}

export function CaseFile({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["misuse", "case", id], queryFn: () => misuse.case(id) });
  return (
    <Answer query={query}>
      {(file) => (
        <article className="panel observation" data-testid="misuse-case">
          <header>
            <h2 className="section-title">
              {file.officer_name} {file.office ?? ""}
            </h2>
            <span className="tag">{t(`misuse.origin_${file.origin}`)}</span>
            <span className="tag" data-testid="misuse-state">
              {file.finding ? t(`misuse.finding_${file.finding}`) : t(`misuse.state_${file.state}`)}
            </span>
            {file.is_overdue && <span className="tag ink-warn">▲ {t("misuse.overdue")}</span>}
          </header>
          <p className="dim">{t("misuse.due", { at: taipei(file.due_at_us) })}</p>
          {file.hint && <Hint alert={file.hint} />}
          <Steps steps={file.steps} />
          <Log log={file.log} count={file.leaves.length} />
          {(file.state === "open" || file.state === "answered") && <Ask id={id} />}
          {file.state !== "closed" && <Find id={id} />}
        </article>
      )}
    </Answer>
  );
}
