// Who looked at me: a citizen's question from the counter to the last answer.

import { Button, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { taipei, taipeiDay } from "../app/age";
import { inquiries } from "../app/api/calls.inquiries";
import type { Id } from "../app/api/types";
import type { Inquiry, InquiryShown } from "../app/api/types.inquiries";
import { MoreButton } from "../app/MoreButton";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { useUrlState } from "../app/useUrlState";
import { AnswerCard } from "./AnswerCard";
import { AnswerForm, Confirm, Deferrals } from "./Decide";
import "./inquiries.css";
import { TakeForm } from "./TakeForm";

function Facts({ of }: { of: Inquiry }) {
  const { t } = useTranslation();
  return (
    <dl className="inquiry-facts">
      <dt>{t("inquiry.number")}</dt>
      <dd className="code">{of.id}</dd>
      <dt>{t("inquiry.claim")}</dt>
      <dd>{t("inquiry.claim_by", { claim: t(`inquiry.claim_${of.claim}`), shown: of.claim_shown })}</dd>
      <dt>{t("inquiry.document")}</dt>
      <dd>{t(`inquiry.document_${of.document}`)}</dd>
      <dt>{t("inquiry.period")}</dt>
      <dd className="number">
        {taipeiDay(of.from_us)} – {taipeiDay(of.until_us)}
      </dd>
      <dt>{t("inquiry.taken_by")}</dt>
      <dd>{of.asked_by_name}</dd>
      {of.confirmed_by_name !== null && (
        <>
          <dt>{t("inquiry.confirmed_by")}</dt>
          <dd>{of.confirmed_by_name}</dd>
        </>
      )}
    </dl>
  );
}

function DueLine({ of }: { of: Inquiry }) {
  const { t } = useTranslation();
  if (of.state === "answered" || of.state === "refused") {
    return <p className="dim">{t(`inquiry.state_${of.state}`)}</p>;
  }
  return (
    <p className={of.is_late ? "note-warn inquiry-late" : "dim"} role={of.is_late ? "alert" : undefined}>
      {of.is_late && "▲ "}
      {t(`inquiry.state_${of.state}`)}{" "}
      <span className="number">{t("inquiry.due", { at: taipei(of.due_at_us) })}</span>
    </p>
  );
}

function Detail({ of }: { of: InquiryShown }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [printed, setPrinted] = useState<number | null>(null);
  const print = (number: number) => {
    // The other answers must be off the paper before the dialog opens.
    flushSync(() => setPrinted(number));
    window.print();
  };
  const decides = may("inquiries.decide");
  return (
    <section className="inquiry">
      <div className="panel inquiry not-printed">
        <h2 className="section-title plate">{of.plate_display}</h2>
        <DueLine of={of} />
        <Facts of={of} />
        {of.refused_note !== null && <p>{of.refused_note}</p>}
        {decides && of.state === "asked" && <Confirm inquiry={of} />}
        {decides && of.state === "confirmed" && <AnswerForm inquiry={of} />}
        {!decides && of.state !== "answered" && of.state !== "refused" && (
          <p className="dim">{t("inquiry.waits")}</p>
        )}
      </div>
      {of.answers.map((answer) => (
        <AnswerCard
          key={answer.number}
          inquiry={of}
          answer={answer}
          isPrinted={
            printed === null ? answer === of.answers[of.answers.length - 1] : printed === answer.number
          }
          onPrint={() => print(answer.number)}
        />
      ))}
      <Deferrals inquiry={of} />
    </section>
  );
}

function Find({ onFind }: { onFind: (id: Id) => void }) {
  const { t } = useTranslation();
  const [id, setId] = useState("");
  return (
    <form
      className="inline-form not-printed"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim()) onFind(id.trim());
      }}
    >
      <TextInput
        label={t("inquiry.find")}
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
        maxLength={36}
        autoComplete="off"
      />
      <Button type="submit" variant="default" disabled={!id.trim()}>
        {t("inquiry.find_sure")}
      </Button>
    </form>
  );
}

function List({ onOpen }: { onOpen: (id: Id) => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["inquiries"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => inquiries.list(pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <Answer query={query}>
      {(data) => {
        const all = data.pages.flatMap((page) => page.items);
        return (
          <>
            {all.length === 0 && <Empty title={t("inquiry.none")} />}
            {all.map((one) => (
              <article
                key={one.id}
                className="panel inquiry"
                data-testid="inquiry"
                aria-label={one.plate_display}
              >
                <h2 className="section-title plate">{one.plate_display}</h2>
                <DueLine of={one} />
                <Button variant="default" onClick={() => onOpen(one.id)}>
                  {t("inquiry.open")}
                </Button>
              </article>
            ))}
            <MoreButton query={query} label={t("app.more")} />
          </>
        );
      }}
    </Answer>
  );
}

function One({ id }: { id: Id }) {
  const query = useQuery({ queryKey: ["inquiries", id], queryFn: () => inquiries.get(id) });
  return <Answer query={query}>{(found) => <Detail of={found} />}</Answer>;
}

export default function InquiriesPage() {
  const { t } = useTranslation();
  const [{ id }, change] = useUrlState(["id"] as const, () => true);
  if (id) {
    return (
      <div className="page">
        <div className="inquiry-acts not-printed">
          <Button variant="subtle" onClick={() => change({ id: "" })}>
            {t("inquiry.back")}
          </Button>
        </div>
        <One id={id} />
      </div>
    );
  }
  return (
    <div className="page">
      <p className="dim">{t("inquiry.intro")}</p>
      <TakeForm onTaken={(taken) => change({ id: taken })} />
      <Find onFind={(found) => change({ id: found })} />
      <List onOpen={(opened) => change({ id: opened })} />
    </div>
  );
}
