// What was opened because a life was in danger. Oversight looks at each within a day.

import { Button, Group, Textarea } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { observations } from "../app/api/calls.observations";
import type { Finding, PlateOpening } from "../app/api/types.observations";
import { MoreButton } from "../app/MoreButton";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";

const DAY_MS = 86_400_000;
const NOTE_CHARS_MIN = 5;

/** The day in Taipei of a number of days since 1970. */
const dayOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

function Released({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["openings", id], queryFn: () => observations.opening(id) });
  return (
    <Answer query={query}>
      {(shown) =>
        shown.released.length === 0 ? (
          <p className="dim">{t("observe.released_none")}</p>
        ) : (
          <ul data-testid="released">
            {shown.released.map((line) => (
              <li key={`${line.asker} ${line.day}`}>
                {t("observe.released_line", { day: dayOf(line.day), count: line.points })}
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}

function Opening({ one }: { one: PlateOpening }) {
  const { t } = useTranslation();
  const { may, me } = useSession();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const [isOpen, setOpen] = useState(false);
  const review = useMutation({
    mutationFn: (finding: Finding) => observations.review(one.id, finding, note),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["openings"] }),
  });
  const mayReview = may("observations.review") && one.reviewed_at_us === null && one.opened_by !== me?.id;
  const isShort = [...note.trim()].length < NOTE_CHARS_MIN;
  return (
    <article className="panel observation" data-testid="opening">
      <header>
        <h3 className="section-title">{one.plate_display}</h3>
        {one.is_running && <span className="tag">{t("observe.opening_running")}</span>}
        {one.escalated_at_us !== null && one.reviewed_at_us === null && (
          <span className="tag ink-warn">▲ {t("observe.opening_escalated")}</span>
        )}
        {one.finding && <span className="tag">{t(`observe.finding_${one.finding}`)}</span>}
      </header>
      <dl>
        <dt>{t("observe.incident")}</dt>
        <dd>{t("observe.incident_priority", { number: one.case_ref, priority: one.priority })}</dd>
        <dt>{t("observe.opened")}</dt>
        <dd>
          {one.opened_by_name} {taipei(one.opened_at_us)}
        </dd>
        <dt>{t("observe.term")}</dt>
        <dd>{t("observe.ends", { at: taipei(one.ends_at_us) })}</dd>
        <dt>{t("observe.review_due")}</dt>
        <dd>
          {one.reviewed_at_us === null
            ? taipei(one.review_due_at_us)
            : `${one.reviewed_by_name} ${taipei(one.reviewed_at_us)} ${one.review_note}`}
        </dd>
      </dl>
      <Button
        className="start"
        variant="default"
        size="xs"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {t("observe.released")}
      </Button>
      {isOpen && <Released id={one.id} />}
      {mayReview && (
        <>
          <Textarea
            label={t("observe.review_note")}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            autosize
            maxLength={1000}
            data-testid="review-note"
          />
          <Group gap="xs">
            {(["justified", "not_justified"] as const).map((finding) => (
              <Button
                key={finding}
                variant="default"
                disabled={isShort || review.isPending}
                onClick={() => review.mutate(finding)}
                data-testid={`review-${finding}`}
              >
                {t(`observe.finding_${finding}`)}
              </Button>
            ))}
          </Group>
        </>
      )}
      {review.error && <Failure error={review.error} />}
    </article>
  );
}

export function Openings() {
  const { t } = useTranslation();
  const { may } = useSession();
  const isReviewer = may("observations.review");
  const query = useInfiniteQuery({
    queryKey: ["openings", isReviewer],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => observations.openings(isReviewer, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <Answer query={query}>
      {(data) => {
        const all = data.pages.flatMap((page) => page.items);
        return (
          <>
            {all.length === 0 && (
              <Empty title={t(isReviewer ? "observe.openings_none_review" : "observe.openings_none")} />
            )}
            {all.map((one) => (
              <Opening key={one.id} one={one} />
            ))}
            <MoreButton query={query} label={t("app.more")} />
          </>
        );
      }}
    </Answer>
  );
}
