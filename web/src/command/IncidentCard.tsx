// One incident from "nobody sent" to "closed". Nothing here is shown as done before the server says so.

import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ComponentProps, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Age } from "../app/Age";
import { taipeiTime } from "../app/age";
import { dispatch, hits as hitCalls } from "../app/api/calls";
import { CLOSING_CODES, type ClosingCode, type Id, type Incident, type Unit } from "../app/api/types";
import { WITHOUT_UNIT, type WithoutUnit } from "../app/api/types.reasons";
import { ProvedImage } from "../app/ProvedImage";
import { useIncident, useKindTitle } from "../app/queries";
import { ReasonSelect } from "../app/ReasonSelect";
import { replayPath } from "../app/rooms";
import { useSession } from "../app/session";
import { Answer, Failure } from "../app/states";
import { ParLine } from "../checks/ParLine";
import { AssignmentLine } from "./AssignmentLine";
import { CardHead } from "./CardHead";
import { type CallerMap, IncidentCallers } from "./caller/CallCaller";
import { CameraStrip } from "./cameras/CameraStrip";
import { CardPanel } from "./card/CardPanel";
import { EditIncident, type PlaceByHand } from "./desk/EditIncident";
import { NoteBox } from "./desk/NoteBox";
import { MergeBox, MergedNote } from "./intake/MergeBox";
import { sayLogLine } from "./logLine";
import { OtherPhotos, PhotoThumb, usePhotoViewer } from "./photos/LogPhotos";
import { photoOfLine, usePhotosOf, withoutLine } from "./photos/usePhotosOf";
import type { PlaceMap } from "./places/AddressBox";
import { Recommendations } from "./Recommendations";
import { RingButton } from "./ring/RingButton";

const OVER = ["closed", "declined", "cancelled"];

function CloseForm({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [code, setCode] = useState<ClosingCode | null>(null);
  const [note, setNote] = useState("");
  const [without, setWithout] = useState<WithoutUnit | null>(null);
  const isDealtWith = code === "handled" || code === "nothing_found";
  const asksWithout = isDealtWith && !incident.assignments.some((one) => one.state === "closed");
  const close = useMutation({
    mutationFn: () => dispatch.close(incident.id, code ?? "handled", note, asksWithout ? without : null),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["incidents"] }),
  });
  if (!isOpen) {
    return (
      <Button variant="default" onClick={() => setOpen(true)} data-testid="open-close">
        {t("incident.close")}
      </Button>
    );
  }
  return (
    <section className="decision">
      <Select
        label={t("incident.closing_code")}
        data={CLOSING_CODES.map((value) => ({ value, label: t(`closing_code.${value}`) }))}
        value={code}
        onChange={(value) => setCode(value as ClosingCode | null)}
        data-testid="incident-closing-code"
      />
      {asksWithout && (
        <ReasonSelect
          asked="incident"
          label={t("reasons.without_unit")}
          codes={WITHOUT_UNIT}
          value={without}
          onChange={setWithout}
          testId="without-unit"
        />
      )}
      <TextInput
        label={t("hit.note")}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <div className="two">
        <Button variant="default" onClick={() => setOpen(false)}>
          {t("app.back")}
        </Button>
        <Button
          disabled={!code || (asksWithout && !without)}
          loading={close.isPending}
          onClick={() => close.mutate()}
          data-testid="close-incident"
        >
          {t("incident.close")}
        </Button>
      </div>
      {close.error && <Failure error={close.error} />}
    </section>
  );
}

function Log({ id, mayNote }: { id: Id; mayNote: boolean }) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const log = useQuery({ queryKey: ["incidents", "log", id], queryFn: () => dispatch.log(id) });
  const photosQuery = usePhotosOf(id);
  const photos = photosQuery.data?.items ?? [];
  const { viewer, show } = usePhotoViewer(photos);
  if (!log.data || log.data.items.length === 0) return null;
  return (
    <section>
      <h3 className="section-title">
        {t("incident.log")}{" "}
        <Link className="plain-link" href={replayPath(id)} data-testid="open-replay">
          {t("replay.open")}
        </Link>
      </h3>
      {mayNote && <NoteBox id={id} />}
      <ol className="log">
        {log.data.items.map((line) => {
          const photo = photoOfLine(line, photos);
          return (
            <li key={`${line.at_us}-${line.key}`}>
              <span className="number dim">{taipeiTime(line.at_us)}</span>
              <span>
                {sayLogLine(line, t, kindTitle)}
                {line.by_name && <span className="dim"> · {line.by_name}</span>}
                {photo && <PhotoThumb photo={photo} onOpen={show} />}
              </span>
            </li>
          );
        })}
      </ol>
      <OtherPhotos photos={withoutLine(log.data.items, photos)} onOpen={show} />
      {photosQuery.error && <Failure error={photosQuery.error} onRetry={() => void photosQuery.refetch()} />}
      {viewer}
    </section>
  );
}

interface Props {
  id: Id;
  onHit: (id: Id) => void;
  onIncident: (id: Id) => void;
  onUnit: (unit: Unit) => void;
  onRing: () => void;
  onClose: () => void;
  /** Where corrections of the place are looked at and taken from. */
  placeMap: PlaceMap;
  callerMap: CallerMap;
  byHand: PlaceByHand;
  /** The strip of cameras near it. */
  strip: Omit<ComponentProps<typeof CameraStrip>, "incident">;
}

export function IncidentCard({
  id,
  onHit,
  onIncident,
  onUnit,
  onRing,
  onClose,
  placeMap,
  callerMap,
  byHand,
  strip,
}: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  const kindTitle = useKindTitle();
  const query = useIncident(id);
  return (
    <Answer query={query}>
      {(incident) => {
        const isOver = incident.state === "closed" || incident.state === "merged";
        const merging = { incident, mayOrder: may("dispatch.order"), onIncident };
        const hasActive = incident.assignments.some((a) => !OVER.includes(a.state));
        return (
          <article className="card-columns" data-testid="incident-card" data-state={incident.state}>
            <div className="card-body">
              <CardHead
                title={kindTitle(incident.kind)}
                sub={
                  <>
                    {incident.number} · {t(`incident_origin.${incident.origin}`)} ·{" "}
                    <Age at={incident.opened_at_us} />
                  </>
                }
                onClose={onClose}
              />
              <div className="tags">
                <span
                  className={`tag ${incident.priority <= 2 && incident.state === "open" ? "tag-alarm" : ""}`}
                >
                  {t("incident.priority", { n: incident.priority })}
                </span>
                <span
                  className={`tag ${incident.state === "open" ? "tag-warn" : ""}`}
                  data-testid="incident-state"
                >
                  {t(`incident_state.${incident.state}`)}
                </span>
                {incident.closing_code && (
                  <span className="tag">{t(`closing_code.${incident.closing_code}`)}</span>
                )}
              </div>
              <p className="summary">{incident.summary}</p>
              <p className="dim">{incident.address}</p>
              {!isOver && may("dispatch.order") && (
                <EditIncident key={incident.id} incident={incident} map={placeMap} byHand={byHand} />
              )}
              {!incident.position && <p className="note-warn">{t("incident.no_position")}</p>}
              <IncidentCallers incident={incident} map={callerMap} />
              {incident.hit && (
                <button
                  type="button"
                  className="hit-link"
                  onClick={() => incident.hit && onHit(incident.hit)}
                >
                  <ProvedImage src={hitCalls.picture(incident.hit, "crop")} alt={t("incident.hit_picture")} />
                  <span>{t("incident.see_hit")}</span>
                </button>
              )}
              {incident.state === "merged" && <MergedNote {...merging} />}
              {!isOver && may("dispatch.watch") && <MergeBox {...merging} />}
              {incident.assignments.length > 0 && (
                <section>
                  <h3 className="section-title">{t("incident.sent")}</h3>
                  {incident.assignments.map((assignment) => (
                    <AssignmentLine
                      key={assignment.id}
                      assignment={assignment}
                      mayCancel={may("dispatch.order")}
                    />
                  ))}
                </section>
              )}
              {!isOver && may("dispatch.watch") && <ParLine id={id} mayOrder={may("dispatch.order")} />}
              {!isOver && may("dispatch.order") && <CardPanel key={incident.id} incident={incident} />}
              {!isOver && incident.position && may("dispatch.order") && <RingButton onOpen={onRing} />}
              {!isOver && may("dispatch.order") && (
                <Recommendations incident={incident} isSecond={hasActive} onShow={onUnit} />
              )}
              {!isOver && may("dispatch.order") && <CloseForm incident={incident} />}
            </div>
            <div className="card-side">
              {incident.position && may("dispatch.watch") && <CameraStrip incident={incident} {...strip} />}
              <Log id={id} mayNote={!isOver && may("dispatch.order")} />
            </div>
          </article>
        );
      }}
    </Answer>
  );
}
