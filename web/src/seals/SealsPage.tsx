// Sealed cases: that they are there for whoever oversees, what they are about for those who know it.

import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { microsFromTaipei, taipei, taipeiDay } from "../app/age";
import { seals } from "../app/api/calls.seals";
import type { Seal, SealContent } from "../app/api/types.seals";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { AskForm } from "./AskForm";
import "./seals.css";

const LIST = ["seals"];
const TEXT_MIN = 5;
const TEXT_MAX = 500;

function useAct(run: () => Promise<Seal>, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: LIST });
      onDone();
    },
  });
}

function Decide({ of, is_sealed, onDone }: { of: Seal; is_sealed: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const act = useAct(() => seals.decide(of.id, is_sealed, note.trim()), onDone);
  return (
    <ActForm
      className="stack"
      act={act}
      label={t(is_sealed ? "seals.seal_sure" : "seals.refuse_sure")}
      isComplete={is_sealed || note.trim().length >= TEXT_MIN}
      buttonTestId="seal-decide-sure"
    >
      <p className="dim">{t(is_sealed ? "seals.seal_hint" : "seals.refuse_hint")}</p>
      <Textarea
        label={t("seals.note")}
        value={note}
        maxLength={TEXT_MAX}
        onChange={(event) => setNote(event.currentTarget.value)}
        autosize
        minRows={2}
        required={!is_sealed}
      />
    </ActForm>
  );
}

function Lift({ of, onDone }: { of: Seal; onDone: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const act = useAct(() => seals.lift(of.id, reason.trim()), onDone);
  return (
    <ActForm
      className="stack"
      act={act}
      label={t(of.is_lift_asked ? "seals.lift_second" : "seals.lift_first")}
      isComplete={reason.trim().length >= TEXT_MIN}
      buttonTestId="seal-lift-sure"
    >
      <p className="dim">{t("seals.lift_hint")}</p>
      <Textarea
        label={t("seals.reason")}
        value={reason}
        maxLength={TEXT_MAX}
        onChange={(event) => setReason(event.currentTarget.value)}
        autosize
        minRows={2}
        required
      />
    </ActForm>
  );
}

function Extend({ of, onDone }: { of: Seal; onDone: () => void }) {
  const { t } = useTranslation();
  const [until, setUntil] = useState("");
  const until_us = until ? microsFromTaipei(`${until}T23:59`) : null;
  const act = useAct(() => seals.extend(of.id, until_us ?? 0), onDone);
  return (
    <ActForm
      className="stack"
      act={act}
      label={t("seals.extend_sure")}
      isComplete={until_us !== null}
      buttonTestId="seal-extend-sure"
    >
      <TextInput
        type="date"
        label={t("seals.until")}
        description={t("seals.extend_hint")}
        value={until}
        min={taipeiDay(of.ends_at_us)}
        onChange={(event) => setUntil(event.currentTarget.value)}
        required
      />
    </ActForm>
  );
}

function Content({ of }: { of: SealContent }) {
  const { t } = useTranslation();
  const lines: [string, string | null][] = [
    ["plates", of.plates.join(t("seals.and"))],
    ["members", of.members.map((member) => member.name).join(t("seals.and"))],
    ["reason", of.reason],
    ["asked_by", of.asked_by_name],
    ["decider", of.decider_name],
    ["note", of.decided_note || null],
    ["extended_by", of.extended_by_name],
    [
      "lift_asked_by",
      of.lift_asked_by_name &&
        t("seals.lift_asked_says", { by: of.lift_asked_by_name, reason: of.lift_reason }),
    ],
    ["lifted_by", of.lifted_by_name],
  ];
  return (
    <dl className="seal-content">
      {lines.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt className="dim">{t(`seals.${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

type Act = "seal" | "refuse" | "extend" | "lift";

function actsOf(of: Seal, mayDecide: boolean): Act[] {
  if (of.is_mine_to_decide) return ["seal", "refuse"];
  if (of.state !== "in_force" || of.content === null) return [];
  return mayDecide && of.extended_at_us === null ? ["extend", "lift"] : ["lift"];
}

function Card({ of }: { of: Seal }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [open, setOpen] = useState<Act | null>(null);
  const done = () => setOpen(null);
  const title = of.content?.case_ref ?? t("seals.unknown", { at: taipei(of.asked_at_us) });
  return (
    <article className="panel seal" data-testid="seal" aria-label={title}>
      <h2 className="section-title">{title}</h2>
      <p className={of.state === "in_force" ? "seal-in-force" : "dim"}>
        {of.state === "in_force" && "■ "}
        {t(`seals.state_${of.state}`, { at: taipei(of.ends_at_us) })}
      </p>
      <p className="number">{t("seals.counts", { plates: of.plates_sealed, members: of.members_named })}</p>
      <p className="dim">{t("seals.offices", { asked: of.asked_office, decided: of.decider_office })}</p>
      {of.is_lift_asked && of.state === "in_force" && <p className="note-warn">▲ {t("seals.lift_waits")}</p>}
      {of.content ? <Content of={of.content} /> : <p className="dim">{t("seals.not_yours")}</p>}
      <div className="seal-buttons">
        {actsOf(of, may("seals.decide")).map((act) => (
          <Button
            key={act}
            variant={open === act ? "filled" : "default"}
            aria-expanded={open === act}
            onClick={() => setOpen(open === act ? null : act)}
            data-testid={`seal-${act}`}
          >
            {t(`seals.act_${act}`)}
          </Button>
        ))}
      </div>
      {(open === "seal" || open === "refuse") && <Decide of={of} is_sealed={open === "seal"} onDone={done} />}
      {open === "extend" && <Extend of={of} onDone={done} />}
      {open === "lift" && <Lift of={of} onDone={done} />}
    </article>
  );
}

export default function SealsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const query = useQuery({ queryKey: LIST, queryFn: seals.list });
  return (
    <div className="page">
      <p className="dim">{t("seals.intro")}</p>
      {may("seals.ask") && (
        <Button
          className="seal-ask"
          variant={isAsking ? "filled" : "default"}
          aria-expanded={isAsking}
          onClick={() => setIsAsking(!isAsking)}
          data-testid="seal-ask"
        >
          {t("seals.ask")}
        </Button>
      )}
      {isAsking && (
        <section className="panel" aria-label={t("seals.ask")}>
          <AskForm onDone={() => setIsAsking(false)} />
        </section>
      )}
      <Answer query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t("seals.none")} />
          ) : (
            page.items.map((of) => <Card key={of.id} of={of} />)
          )
        }
      </Answer>
    </div>
  );
}
