// What could be bettered now: an order in nearer hands, who waits, where nobody is near. Nothing here happens by itself.

import { Button, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { useNow } from "../../app/age";
import { choice } from "../../app/api/calls.choice";
import type { Id, Wgs84 } from "../../app/api/types";
import type { AdviceBoard, Cover, Handover, Move, Waiting } from "../../app/api/types.choice";
import { useIncidents, useKindTitle } from "../../app/queries";
import { sayProbability, saySeconds } from "../../app/say";
import { useSession } from "../../app/session";
import { Answer } from "../../app/states";
import { CardHead } from "../CardHead";
import { ConfirmOrder, FromTo } from "./ConfirmOrder";
import { coverGaps } from "./cover";
import { useAdvice } from "./useAdvice";

const GAPS_SHOWN = 6;
/** Four looks that failed. */
const STALE_US = 60_000_000;

function Handovers({ all, onIncident }: { all: Handover[]; onIncident: (id: Id) => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Handover | null>(null);
  // An order that was handed over may stand in the list until the next look: it is not offered twice.
  const [done, setDone] = useState<{ to: string; handover: Handover } | null>(null);
  const act = useMutation({
    mutationFn: (one: Handover) => choice.handover(one.incident, one.from, one.to),
    onSuccess: (assignment, handover) => {
      setAsked(null);
      setDone({ to: assignment.call_sign, handover });
    },
    onSettled: () => {
      for (const name of ["advice", "incidents", "units", "recommendations"])
        void client.invalidateQueries({ queryKey: [name] });
    },
  });
  const time = (seconds: number) => saySeconds(seconds, t);
  const isDone = (one: Handover) =>
    one.incident === done?.handover.incident && one.from === done.handover.from;
  return (
    <section>
      <h3 className="section-title">{t("advice.handovers")}</h3>
      <p role="status" className={done ? "note-good" : "unseen"} data-testid="handover-done">
        {done && `✓ ${t("handover.done", { call_sign: done.to })}`}
      </p>
      {all.length === 0 && <p className="dim">{t("advice.no_handovers")}</p>}
      <ul className="advice-list">
        {all.map((one) => (
          <li
            key={one.from}
            data-testid="handover-row"
            data-from={one.from_call_sign}
            data-to={one.to_call_sign}
            data-done={isDone(one) || undefined}
          >
            <button type="button" className="recommend-main" onClick={() => onIncident(one.incident)}>
              <strong>{t("advice.from_to", { from: one.from_call_sign, to: one.to_call_sign })}</strong>
              <span className="advice-line">
                {t("handover.saves", { time: time(one.saves_s), number: one.incident_number })}
              </span>
            </button>
            {may("dispatch.order") && !isDone(one) && (
              <Button
                size="sm"
                variant="default"
                onClick={() => {
                  act.reset();
                  setDone(null);
                  setAsked(one);
                }}
                data-testid="handover"
              >
                {t("advice.hand_over")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <ConfirmOrder
        isOpen={asked !== null}
        title={t("handover.title", { to: asked?.to_call_sign })}
        yes={t("handover.yes")}
        no={t("handover.no")}
        act={act}
        onYes={() => asked && act.mutate(asked)}
        onNo={() => setAsked(null)}
        testId="handover-dialog"
      >
        {asked && (
          <>
            <FromTo
              rows={[
                {
                  head: t("handover.now"),
                  main: t("handover.from", {
                    call_sign: asked.from_call_sign,
                    time: time(asked.remaining_s),
                  }),
                  sub: "",
                },
                {
                  head: t("handover.next"),
                  main: t("handover.to", { call_sign: asked.to_call_sign, time: time(asked.arrives_in_s) }),
                  sub: t("handover.saves", { time: time(asked.saves_s), number: asked.incident_number }),
                },
              ]}
            />
            <p className="note-warn">
              ▲ {t("handover.after", { from: asked.from_call_sign, to: asked.to_call_sign })}
            </p>
          </>
        )}
      </ConfirmOrder>
    </section>
  );
}

function WaitingList({ all, onIncident }: { all: Waiting[]; onIncident: (id: Id) => void }) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const incidents = useIncidents();
  return (
    <section>
      <h3 className="section-title">{t("advice.waiting")}</h3>
      {all.length === 0 && <p className="dim">{t("advice.nobody_waits")}</p>}
      <ol className="advice-list">
        {all.map((one, at) => {
          const incident = incidents.data?.find((other) => other.id === one.incident);
          return (
            <li key={one.incident} data-testid="waiting-row">
              <span className="advice-rank number">{at + 1}</span>
              <button type="button" className="recommend-main" onClick={() => onIncident(one.incident)}>
                <strong>{incident ? kindTitle(incident.kind) : one.number}</strong>
                <span className="advice-line">
                  {t("incident.priority", { n: one.priority })} ·{" "}
                  {t("advice.waited", { time: saySeconds(one.waited_s, t) })}
                  {incident && <span className="dim"> · {incident.address || one.number}</span>}
                </span>
                {one.overtakes > 0 && (
                  <span className="advice-line ink-warn">
                    ▲ {t("advice.overtakes", { count: one.overtakes })}
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

export function CoverLegend() {
  const { t } = useTranslation();
  return (
    <div className="cover-legend" data-testid="cover-legend">
      <span>{t("advice.legend")}</span>
      {[0, 1, 2].map((units) => (
        <span key={units} className="cover-key">
          <span className={`cover-dot cover-dot-${units}`} aria-hidden="true" />
          {t(`advice.legend_${units}`)}
        </span>
      ))}
      <span className="dim">{t("advice.legend_size")}</span>
    </div>
  );
}

function CoverPart({
  cover,
  layer,
  onShow,
}: {
  cover: Cover;
  layer: CoverLayer;
  onShow: (place: Wgs84) => void;
}) {
  const { t } = useTranslation();
  const gaps = coverGaps(cover.cells);
  const share = sayProbability(cover.expected_share);
  return (
    <>
      <div className="cover-number">
        <strong className="number" data-testid="cover-share">
          {share}
        </strong>
        <span>{t("advice.cover_share", { minutes: saySeconds(cover.threshold_s, t) })}</span>
      </div>
      <div className="bar" aria-hidden="true">
        <span style={{ width: `${Math.min(Math.max(cover.expected_share, 0), 1) * 100}%` }} />
      </div>
      <p className="dim">
        {t("advice.cover_idle", { count: cover.idle_units, busy: sayProbability(cover.busy_share) })}
      </p>
      <Switch
        label={t("advice.cover_layer")}
        checked={layer.isOn}
        onChange={(event) => layer.set(event.currentTarget.checked)}
        data-testid="cover-layer"
      />
      {gaps.length > 0 && (
        <details>
          <summary>{t("advice.cover_gaps", { count: gaps.length })}</summary>
          <ul className="advice-list">
            {gaps.slice(0, GAPS_SHOWN).map((cell) => (
              <li key={`${cell.position.lon} ${cell.position.lat}`}>
                <span className="grow number">
                  {t("advice.cover_gap", { share: sayProbability(cell.share) })}
                  <span className="advice-line dim">
                    {cell.position.lat.toFixed(4)}, {cell.position.lon.toFixed(4)}
                  </span>
                </span>
                <Button size="xs" variant="default" onClick={() => onShow(cell.position)}>
                  {t("advice.show")}
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Moves({ moves, onShow }: { moves: Move[]; onShow: (place: Wgs84) => void }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3 className="section-title">{t("advice.moves")}</h3>
      {moves.length === 0 && <p className="dim">{t("advice.no_moves")}</p>}
      <ul className="advice-list">
        {moves.map((one) => (
          <li key={one.unit} data-testid="move-row" data-unit={one.call_sign}>
            <span className="grow">
              {t("advice.move", {
                call_sign: one.call_sign,
                drive: saySeconds(one.drive_s, t),
                gain: `${(one.gain_share * 100).toFixed(1)}%`,
              })}
            </span>
            <Button size="sm" variant="default" onClick={() => onShow(one.position)} data-testid="move-show">
              {t("advice.show")}
            </Button>
          </li>
        ))}
      </ul>
      {moves.length > 0 && <p className="note-warn">▲ {t("advice.move_radio")}</p>}
    </section>
  );
}

export interface CoverLayer {
  isOn: boolean;
  set: (isOn: boolean) => void;
}

interface Props {
  layer: CoverLayer;
  onIncident: (id: Id) => void;
  onShow: (place: Wgs84) => void;
  onClose: () => void;
}

function Board({ board, layer, onIncident, onShow }: { board: AdviceBoard } & Omit<Props, "onClose">) {
  const { t } = useTranslation();
  const isStale = useNow() * 1000 - board.at_us > STALE_US;
  return (
    <>
      <p className={isStale ? "note-warn" : "dim"}>
        {isStale && "▲ "}
        <Sentence name={isStale ? "advice.stale" : "advice.fresh"} at_us={board.at_us} />
      </p>
      <Handovers all={board.handovers} onIncident={onIncident} />
      <WaitingList all={board.waiting} onIncident={onIncident} />
      <section>
        <h3 className="section-title">{t("advice.cover")}</h3>
        {board.cover ? (
          <CoverPart cover={board.cover} layer={layer} onShow={onShow} />
        ) : (
          <p className="dim" data-testid="no-cover">
            {t(`advice.why.${board.why_no_cover ?? "few_incidents"}`)}
          </p>
        )}
      </section>
      <Moves moves={board.moves} onShow={onShow} />
    </>
  );
}

/** A sentence with an age that goes on counting inside it. */
function Sentence({ name, at_us }: { name: string; at_us: number }) {
  const { t } = useTranslation();
  const [before, after] = t(name, { age: "|" }).split("|");
  return (
    <>
      {before}
      <Age at={at_us} />
      {after}
    </>
  );
}

export function AdvicePanel({ layer, onIncident, onShow, onClose }: Props) {
  const { t } = useTranslation();
  const query = useAdvice();
  return (
    <article className="card-body" data-testid="advice-panel">
      <CardHead title={t("advice.title")} sub={t("advice.sub")} onClose={onClose} />
      <Answer query={query}>
        {(board) => <Board board={board} layer={layer} onIncident={onIncident} onShow={onShow} />}
      </Answer>
    </article>
  );
}
