// What oversight asks of oneself, on a desk or a phone, and one's answer.

import { Textarea } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { taipei } from "../app/age";
import { misuse } from "../app/api/calls.misuse";
import type { QuestionToMe } from "../app/api/types.misuse";
import { MoreButton } from "../app/MoreButton";
import { Answer, Empty } from "../app/states";
import { Steps } from "./CaseFile";
import { isSaid, TEXT_CHARS_MAX } from "./said";
import "../observations/observations.css";

function Question({ one }: { one: QuestionToMe }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const act = useMutation({
    mutationFn: () => misuse.answer(one.id, text),
    onSuccess: () => {
      setText("");
      void client.invalidateQueries({ queryKey: ["questions"] });
    },
  });
  return (
    <article className="panel observation" data-testid="question-to-me">
      <header>
        <span className="tag">
          {one.finding ? t(`misuse.finding_${one.finding}`) : t(`misuse.state_${one.state}`)}
        </span>
        {one.state === "asked" && one.answer_due_at_us !== null && (
          <span className={one.is_overdue ? "ink-warn" : "dim"}>
            {one.is_overdue && "▲ "}
            {t("misuse.answer_due", { at: taipei(one.answer_due_at_us) })}
          </span>
        )}
      </header>
      <Steps steps={one.steps} />
      {one.state === "asked" && (
        <ActForm
          className="stack"
          act={act}
          label={t("misuse.answer_send")}
          isComplete={isSaid(text)}
          buttonTestId="question-answer"
        >
          <Textarea
            label={t("misuse.answer")}
            description={t("misuse.chars")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={3}
            maxLength={TEXT_CHARS_MAX}
            data-testid="question-text"
          />
        </ActForm>
      )}
    </article>
  );
}

export default function QuestionsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["questions"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => misuse.questions(pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <div className="page">
      <p className="dim">{t("misuse.questions_intro")}</p>
      <Answer query={query}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          return (
            <>
              {all.length === 0 && <Empty title={t("misuse.questions_none")} />}
              {all.map((one) => (
                <Question key={one.id} one={one} />
              ))}
              <MoreButton query={query} />
            </>
          );
        }}
      </Answer>
    </div>
  );
}
