// One answer, as it is printed on A4, with its file, its proof, and handing it over.

import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { taipei } from "../app/age";
import { inquiries } from "../app/api/calls.inquiries";
import type { InquiryAnswer, InquiryShown } from "../app/api/types.inquiries";
import { ProvedDownload } from "../app/ProvedDownload";

function HandOver({ inquiry, answer }: { inquiry: InquiryShown; answer: InquiryAnswer }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [number, setNumber] = useState("");
  const hand = useMutation({
    mutationFn: () => inquiries.handOver(inquiry.id, answer.number, number),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["inquiries"] }),
  });
  return (
    <ActForm
      className="stack"
      act={hand}
      label={t("inquiry.hand_over")}
      isComplete={number.trim().length >= 5}
      button={{ variant: "default" }}
      buttonTestId="inquiry-hand-over"
    >
      <TextInput
        label={t("inquiry.document_number")}
        description={t("inquiry.hand_over_hint", { document: t(`inquiry.document_${inquiry.document}`) })}
        value={number}
        onChange={(event) => setNumber(event.currentTarget.value)}
        maxLength={30}
        autoComplete="off"
      />
    </ActForm>
  );
}

interface Props {
  inquiry: InquiryShown;
  answer: InquiryAnswer;
  isPrinted: boolean;
  onPrint: () => void;
}

export function AnswerCard({ inquiry, answer, isPrinted, onPrint }: Props) {
  const { t } = useTranslation();
  const name = `inquiry-${inquiry.id}-${answer.number}`;
  return (
    <article
      className={isPrinted ? "inquiry-answer" : "inquiry-answer not-printed"}
      data-testid="inquiry-letter"
    >
      <h3 className="section-title not-printed">
        {t("inquiry.answer_number", { number: answer.number })}{" "}
        <span className="number dim">{taipei(answer.made_at_us)}</span>
      </h3>
      <pre className="inquiry-letter">{answer.text}</pre>
      <dl className="inquiry-facts">
        <dt>SHA-256</dt>
        <dd className="code">{answer.sha256}</dd>
        <dt>{t("inquiry.leaf")}</dt>
        <dd className="number">{answer.leaf}</dd>
      </dl>
      <div className="inquiry-acts not-printed">
        <Button onClick={onPrint}>{t("inquiry.print")}</Button>
        <Button
          component="a"
          variant="default"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(answer.text)}`}
          download={`${name}.txt`}
        >
          {t("inquiry.file")}
        </Button>
        <ProvedDownload
          path={inquiries.proofUrl(inquiry.id, answer.number)}
          name={`${name}.tlog-proof`}
          variant="default"
          testId="inquiry-proof"
        >
          {t("inquiry.proof")}
        </ProvedDownload>
      </div>
      <div className="not-printed">
        {answer.handed_at_us === null ? (
          <HandOver inquiry={inquiry} answer={answer} />
        ) : (
          <p className="note-good">
            {t("inquiry.handed", { at: taipei(answer.handed_at_us), by: answer.handed_by_name })}
          </p>
        )}
      </div>
    </article>
  );
}
