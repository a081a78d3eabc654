// The chosen row, whole: its record with the picture on request, and where to go on from it.

import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import { sightings as calls } from "../../app/api/calls";
import { lake } from "../../app/api/calls.lake";
import type { Grounds, Id } from "../../app/api/types";
import type { Passing, Spot } from "../../app/api/types.lake";
import { Icon } from "../../app/icons";
import { Picture } from "../../app/Picture";
import { sayProbability } from "../../app/say";
import { saySeen } from "../../app/seen";
import { Failure, Loading } from "../../app/states";
import type { Question } from "../answer";
import { readPlate } from "../plateText";
import type { Kind } from "../questions";
import { PartialNotes } from "./PartialNotes";
import { type AnyRow, meetingSpot, oldestFirst } from "./rows";

interface Props {
  question: Question;
  row: AnyRow;
  onLeave: () => void;
  mayHold: boolean;
  onHold: (passing: Passing) => void;
  /** Asks another question about this plate. */
  onFollow: (kind: Kind, plate: string) => void;
  /** Passages that were fetched for this row; the map shows them. */
  onShared: (spots: Spot[]) => void;
}

function Record({ id, grounds }: { id: Id; grounds: Grounds }) {
  const { t } = useTranslation();
  const record = useQuery({
    queryKey: ["lake", "record", id],
    queryFn: ({ signal }) => lake.one(id, grounds, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (record.error) return <Failure error={record.error} onRetry={() => void record.refetch()} />;
  if (!record.data) return <Loading />;
  const s = record.data;
  const alternatives = s.alternatives.map((a) => `${a.plate} ${sayProbability(a.probability)}`);
  return (
    <div className="record">
      <Picture
        isThumb
        crop={s.has_crop ? calls.picture(s.id, "crop", grounds) : null}
        frame={s.has_frame ? calls.picture(s.id, "frame", grounds) : null}
        alt={t("lake.picture_of", {
          plate: s.plate_display,
          place: s.place_name,
          at: taipei(s.captured_at_us),
        })}
      />
      <p>
        {t("hit.sure", { p: sayProbability(s.confidence) })}
        {s.speed_kmh !== null && ` · ${Math.round(s.speed_kmh)} km/h`}
        {s.reads > 0 && ` · ${t("lake.reads", { count: s.reads })}`}
        {saySeen(s.seen, t) && ` · ${t("seen.title")}${t("app.colon")}${saySeen(s.seen, t)}`}
        {alternatives.length > 0 && <span className="dim"> · {alternatives.join(t("app.list_joiner"))}</span>}
      </p>
    </div>
  );
}

function Spots({ spots }: { spots: Spot[] }) {
  return (
    <ol className="detail-spots">
      {spots.map((spot, at) => (
        <li key={`${spot.id} ${spot.captured_at_us}`}>
          <span className="path-number">{at + 1}</span>
          <span className="number">{taipei(spot.captured_at_us)}</span>
          <span className="one-line">{spot.place_name}</span>
        </li>
      ))}
    </ol>
  );
}

/** Where a companion was seen with the asked plate: the same question as a meeting of the two. */
function Shared({
  question,
  plate,
  onShared,
}: {
  question: Question;
  plate: string;
  onShared: Props["onShared"];
}) {
  const { t } = useTranslation();
  const [isAsked, setAsked] = useState(false);
  const shared = useQuery({
    queryKey: ["lake", "shared", question.nonce, plate],
    enabled: isAsked,
    queryFn: ({ signal }) =>
      lake.meetings(
        {
          plates: [readPlate(question.draft.plate).text, plate],
          ...question.window,
          within_s: question.draft.within_s,
          within_m: 0,
          limit: 200,
        },
        question.grounds,
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const spots = useMemo(() => shared.data && oldestFirst(shared.data.items.map(meetingSpot)), [shared.data]);
  useEffect(() => {
    if (spots) onShared(spots);
  }, [spots, onShared]);
  if (!isAsked && !shared.data) {
    return (
      <Button variant="default" size="xs" onClick={() => setAsked(true)} data-testid="shared-show">
        {t("lake.shared_show")}
      </Button>
    );
  }
  if (shared.error) return <Failure error={shared.error} onRetry={() => void shared.refetch()} />;
  return spots ? <Spots spots={spots} /> : <Loading />;
}

/** When and where the lake has a plate for the first and the last time. */
function Seen({
  plate,
  grounds,
  onShared,
}: {
  plate: string;
  grounds: Grounds;
  onShared: Props["onShared"];
}) {
  const { t } = useTranslation();
  const [isAsked, setAsked] = useState(false);
  const seen = useQuery({
    queryKey: ["lake", "seen", plate],
    enabled: isAsked,
    queryFn: ({ signal }) => lake.seen(plate, grounds, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const spots = useMemo(
    () => seen.data && [seen.data.first, seen.data.last].filter((p) => p !== null),
    [seen.data],
  );
  useEffect(() => {
    if (spots) onShared(spots);
  }, [spots, onShared]);
  if (!isAsked && !seen.data) {
    return (
      <Button variant="default" size="xs" onClick={() => setAsked(true)} data-testid="seen-show">
        {t("lake.seen_show")}
      </Button>
    );
  }
  if (seen.error) return <Failure error={seen.error} onRetry={() => void seen.refetch()} />;
  if (!seen.data || !spots) return <Loading />;
  return (
    <>
      <PartialNotes notes={seen.data.partial} />
      <Spots spots={spots} />
    </>
  );
}

const FOLLOW: Kind[] = ["history", "trajectory", "convoys"];

export function Detail({ question, row, onLeave, mayHold, onHold, onFollow, onShared }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Id | null>(null);
  const only = row.passing;
  const { plate } = row;
  const { kind } = question;
  return (
    <section className="detail" aria-label={t("lake.detail")} data-testid="detail">
      <ActionIcon
        className="detail-leave"
        variant="subtle"
        color="gray"
        aria-label={t("app.close")}
        onClick={onLeave}
      >
        <Icon name="close" size={16} />
      </ActionIcon>
      {only && (
        <p className="detail-head">
          <span className="plate">{only.plate_display}</span>
          <span className="number">{taipei(only.captured_at_us)}</span>
          <span className="one-line">{only.place_name}</span>
        </p>
      )}
      {!only && row.spots.length > 0 && <Spots spots={row.spots} />}
      {kind === "convoys" && plate && (
        <Shared key={plate} question={question} plate={plate} onShared={onShared} />
      )}
      {kind === "plates" && plate && (
        <Seen key={plate} plate={plate} grounds={question.grounds} onShared={onShared} />
      )}
      {only && open === only.id && <Record id={only.id} grounds={question.grounds} />}
      <div className="detail-acts">
        {only && kind !== "history" && open !== only.id && (
          <Button variant="default" size="xs" onClick={() => setOpen(only.id)} data-testid="open-record">
            {t("lake.open_record")}
          </Button>
        )}
        {plate &&
          FOLLOW.filter((next) => next !== kind).map((next) => (
            <Button key={next} variant="default" size="xs" onClick={() => onFollow(next, plate)}>
              {t(`lake.q_${next}`)}
            </Button>
          ))}
        {only && mayHold && (
          <Button variant="default" size="xs" onClick={() => onHold(only)} data-testid="hold-this">
            {t("custody.hold")}
          </Button>
        )}
      </div>
    </section>
  );
}
