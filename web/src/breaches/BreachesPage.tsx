// What leaked, when the house knew, and whether those concerned were told within a day.

import "./breaches.css";
import { Button, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { microsFromTaipei, taipei, taipeiField, useNow } from "../app/age";
import { breaches as calls } from "../app/api/calls.breaches";
import { BREACH_STEPS, type Breach, type BreachStepKind } from "../app/api/types.breaches";
import { MoreButton } from "../app/MoreButton";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { clockOf } from "./clock";

const TEXT_MAX = 2_000;
const LIST = ["breaches"];
const nowField = () => taipeiField(Date.now() * 1000);

function Write() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [known, setKnown] = useState(nowField);
  const [what, setWhat] = useState("");
  const [data, setData] = useState("");
  const [persons, setPersons] = useState<number | null>(null);
  const known_us = microsFromTaipei(known);
  const write = useMutation({
    mutationFn: () =>
      calls.write({
        known_at_us: known_us ?? 0,
        since_us: null,
        what: what.trim(),
        data: data.trim(),
        persons,
      }),
    onSuccess: () => {
      setWhat("");
      setData("");
      setPersons(null);
      setKnown(nowField());
      void client.invalidateQueries({ queryKey: LIST });
    },
  });
  return (
    <details className="panel breach-write">
      <summary className="section-title">{t("breach.write")}</summary>
      <p className="dim">{t("breach.write_hint")}</p>
      <ActForm
        className="form-grid"
        act={write}
        label={t("breach.write_sure")}
        isComplete={known_us !== null && what.trim().length >= 2 && data.trim().length >= 2}
        buttonTestId="breach-write"
      >
        <TextInput
          type="datetime-local"
          label={t("breach.known_at")}
          value={known}
          onChange={(event) => setKnown(event.currentTarget.value)}
          required
        />
        <NumberInput
          label={t("breach.persons")}
          min={0}
          value={persons ?? ""}
          onChange={(value) => setPersons(typeof value === "number" ? value : null)}
        />
        <Textarea
          label={t("breach.what")}
          description={t("breach.what_hint")}
          value={what}
          onChange={(event) => setWhat(event.currentTarget.value)}
          maxLength={TEXT_MAX}
          minRows={3}
          autosize
          required
        />
        <Textarea
          label={t("breach.data")}
          value={data}
          onChange={(event) => setData(event.currentTarget.value)}
          maxLength={TEXT_MAX}
          minRows={3}
          autosize
          required
        />
      </ActForm>
    </details>
  );
}

function Step({ breach }: { breach: Breach }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [kind, setKind] = useState<BreachStepKind>("persons_told");
  const [text, setText] = useState("");
  const [at, setAt] = useState(nowField);
  const [persons, setPersons] = useState<number | null>(null);
  const at_us = microsFromTaipei(at);
  const step = useMutation({
    mutationFn: () => calls.step(breach.id, { kind, text: text.trim(), persons, at_us: at_us ?? 0 }),
    onSuccess: () => {
      setText("");
      setPersons(null);
      setAt(nowField());
      void client.invalidateQueries({ queryKey: LIST });
    },
  });
  return (
    <ActForm
      className="form-grid"
      act={step}
      label={t("breach.step_write")}
      isComplete={at_us !== null && text.trim().length >= 2 && (kind !== "count" || persons !== null)}
    >
      <Select
        label={t("breach.step")}
        data={BREACH_STEPS.map((value) => ({ value, label: t(`breach.step_${value}`) }))}
        value={kind}
        onChange={(value) => value && setKind(value as BreachStepKind)}
        allowDeselect={false}
      />
      <TextInput
        type="datetime-local"
        label={t("breach.step_at")}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
        required
      />
      <Textarea
        label={t("breach.step_text")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={TEXT_MAX}
        minRows={2}
        autosize
        required
      />
      <NumberInput
        label={t("breach.step_persons")}
        min={0}
        value={persons ?? ""}
        onChange={(value) => setPersons(typeof value === "number" ? value : null)}
      />
    </ActForm>
  );
}

function ClockLine({ breach }: { breach: Breach }) {
  const { t } = useTranslation();
  const clock = clockOf(breach, useNow() * 1000);
  switch (clock.kind) {
    case "told":
      return (
        <p className={clock.isLate ? "note-warn" : "note-good"}>
          {clock.isLate && "▲ "}
          {t(clock.isLate ? "breach.told_late" : "breach.told", { at: taipei(clock.at_us) })}
        </p>
      );
    case "closed":
      return <p className="dim">{t("breach.closed_untold")}</p>;
    case "left":
      return <p className="note-warn number">{t("breach.left", clock)}</p>;
    case "late":
      return (
        <p className="note-warn number breach-late" role="alert">
          ▲ {t("breach.late", clock)}
        </p>
      );
  }
}

function Card({ breach }: { breach: Breach }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [isWriting, setWriting] = useState(false);
  return (
    <article className="panel breach" data-testid="breach" aria-label={breach.what.slice(0, 60)}>
      <h2 className="section-title breach-what">{breach.what}</h2>
      <ClockLine breach={breach} />
      <dl className="breach-facts">
        <dt>{t("breach.known_at")}</dt>
        <dd className="number">{taipei(breach.known_at_us)}</dd>
        <dt>{t("breach.data")}</dt>
        <dd>{breach.data}</dd>
        <dt>{t("breach.persons")}</dt>
        <dd className="number">{breach.persons ?? t("breach.persons_unknown")}</dd>
        <dt>{t("breach.written")}</dt>
        <dd>
          {breach.written_by_name} <span className="number">{taipei(breach.written_at_us)}</span>
        </dd>
      </dl>
      {breach.steps.length > 0 && (
        <ol className="breach-steps">
          {breach.steps.map((step) => (
            <li key={step.seq}>
              <strong>{t(`breach.step_${step.kind}`)}</strong>{" "}
              <span className="number dim">{taipei(step.at_us)}</span> {step.text}
              {step.persons !== null && (
                <span className="number"> {t("breach.persons_count", { count: step.persons })}</span>
              )}
              <span className="dim"> {step.by_name}</span>
            </li>
          ))}
        </ol>
      )}
      {may("oversight.breaches") &&
        (isWriting ? (
          <Step breach={breach} />
        ) : (
          <Button variant="default" onClick={() => setWriting(true)} data-testid="breach-step">
            {t("breach.step_add")}
          </Button>
        ))}
    </article>
  );
}

export default function BreachesPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useInfiniteQuery({
    queryKey: LIST,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => calls.list(pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <div className="page breaches">
      <p className="dim">{t("breach.intro")}</p>
      {may("oversight.breaches") && <Write />}
      <Answer query={query}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          return (
            <>
              {all.length === 0 && <Empty title={t("breach.none")} />}
              {all.map((breach) => (
                <Card key={breach.id} breach={breach} />
              ))}
              <MoreButton query={query} label={t("app.more")} />
            </>
          );
        }}
      </Answer>
    </div>
  );
}
