import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import { useSession } from "../../app/session";
import type { Answer, Question } from "../answer";
import { hasSpan } from "../questions";

/** What a printed answer must say: what was asked, why, by whom, when, and whether it is whole. */
export function PrintHead({
  question,
  answer,
  title,
}: {
  question: Question;
  answer: Answer;
  title: string;
}) {
  const { t } = useTranslation();
  const { me } = useSession();
  const { grounds, window: span } = question;
  return (
    <div className="print-only">
      <h1>{title}</h1>
      <p>
        {t("search.purpose")}
        {t("app.colon")}
        {t(`purpose.${grounds.purpose}`)} · {t("search.case")}
        {t("app.colon")}
        {grounds.case_ref || "—"}
      </p>
      {hasSpan(question.kind) && (
        <p>
          {taipei(span.from_us)} – {taipei(span.until_us)}
        </p>
      )}
      <p>
        {t("lake.count", { count: answer.items.length })}
        {(answer.partial.length > 0 || answer.hasMore) && ` · ▲ ${t("lake.partial")}`}
        {" · "}
        {t("lake.print_by", { name: me?.name, at: taipei(Date.now() * 1000) })}
      </p>
    </div>
  );
}
