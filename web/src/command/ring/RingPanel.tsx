// Interception 攔截圍捕: which units stop at which junctions before he can be there. The machine proposes; a person sends.

import "./ring.css";
import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipeiTime, useNow } from "../../app/age";
import type { AskRing, Id, Incident, Micros, Wgs84 } from "../../app/api/types";
import { Key } from "../../app/Key";
import { useKeys } from "../../app/keys";
import { useHits, useIncident, useKindTitle } from "../../app/queries";
import { Answer, Empty, Failure, Loading } from "../../app/states";
import { CardHead } from "../CardHead";
import { RingAnswer } from "./RingAnswer";
import { RingLeaks } from "./RingLeaks";
import { RingOrders } from "./RingOrders";
import { RingQuestion } from "./RingQuestion";
import { RingSendAll } from "./RingSendAll";
import { RingVerdicts } from "./RingVerdicts";
import { defaultSeen, HORIZON_MIN, isTooOld, liveOrders, placeText, sentenceOf } from "./ring";
import { type HeldPlan, type RingAsking, sameQuestion } from "./useRing";
import { useSend } from "./useSend";

interface Props {
  id: Id;
  ring: RingAsking;
  onFly: (place: Wgs84) => void;
  onBack: () => void;
}

function Plan({ held, incident, onFly }: { held: HeldPlan; incident: Incident; onFly: Props["onFly"] }) {
  const { t } = useTranslation();
  const { plan } = held;
  const sender = useSend(incident.id, plan);
  const elapsed_s = Math.max((useNow() - held.since_ms) / 1000, 0);
  const live = liveOrders(plan, incident.assignments, elapsed_s);
  const ordered = new Set(plan.orders.map((one) => one.unit));
  return (
    <>
      <RingAnswer held={held} live={live} elapsed_s={elapsed_s} />
      {plan.outcome === "no_way_out" && <p className="dim">{t("ring.no_way_out_hint")}</p>}
      <RingOrders orders={live} verdicts={plan.verdicts} sender={sender} onFly={onFly} />
      <RingSendAll orders={live} sender={sender} />
      <RingLeaks plan={plan} elapsed_s={elapsed_s} onFly={onFly} />
      <RingVerdicts verdicts={plan.verdicts.filter((one) => !ordered.has(one.unit))} />
    </>
  );
}

/** Said once for each answer: a region that counts down would never stop talking. */
function Said({ ring }: { ring: RingAsking }) {
  const { t } = useTranslation();
  const plan = ring.isAsking ? null : ring.held?.plan;
  const said = plan ? sentenceOf(plan, liveOrders(plan, [], 0), 0) : null;
  return (
    <p className="unseen" aria-live="assertive">
      {said && t(`ring.say.${said.key}`, said.params)}
    </p>
  );
}

function Pursuit({ incident, ring, onFly }: { incident: Incident; ring: RingAsking; onFly: Props["onFly"] }) {
  const { t } = useTranslation();
  const now_us = useNow() * 1000;
  const hits = useHits();
  const [opened_us] = useState(() => Date.now() * 1000);
  const [chosenSeen, setSeen] = useState<Micros | null>(ring.held?.question.seen_at_us ?? null);
  const [horizon_min, setHorizon] = useState((ring.held?.question.horizon_s ?? HORIZON_MIN * 60) / 60);
  const [isOpen, setOpen] = useState(!ring.held);
  const button = useRef<HTMLButtonElement>(null);
  const hit = hits.data?.find((one) => one.id === incident.hit);
  const seen_at_us = chosenSeen ?? defaultSeen(incident, hit, opened_us);
  const place = ring.place ?? incident.position;
  const question: AskRing = { seen_at_us, position: ring.place, horizon_s: horizon_min * 60 };
  const isSame = ring.held !== null && sameQuestion(ring.held.question, question);
  const tooOld = isTooOld(seen_at_us, now_us);
  const canAsk = place !== null && !tooOld;

  const ask = () => {
    if (!canAsk || ring.isAsking) return;
    setSeen(seen_at_us);
    setOpen(false);
    ring.ask(question);
  };
  useKeys({ r: (event) => !event.repeat && ask() });
  useEffect(() => button.current?.focus(), []);

  return (
    <>
      <details
        className="ring-question"
        open={isOpen || ring.isPlacing}
        onToggle={(event) => setOpen(event.currentTarget.open)}
      >
        <summary data-testid="ring-question">
          {t("ring.question", {
            time: taipeiTime(seen_at_us),
            place: ring.place ? placeText(ring.place) : t("ring.at_incident"),
            minutes: horizon_min,
          })}
        </summary>
        <RingQuestion
          form={{ seen_at_us, place, isIncidentPlace: ring.place === null && place !== null, horizon_min }}
          isPlacing={ring.isPlacing}
          onSeen={setSeen}
          onPlace={ring.setPlace}
          onPlacing={ring.setPlacing}
          onHorizon={setHorizon}
        />
      </details>
      {tooOld && <p className="note-warn">{t("ring.too_old")}</p>}
      {!place && <p className="note-warn">{t("ring.no_place")}</p>}
      <Button
        ref={button}
        size="md"
        variant={isSame ? "default" : "filled"}
        disabled={!canAsk}
        onClick={ask}
        rightSection={<Key>r</Key>}
        data-testid="ring-ask"
      >
        {t(ring.isAsking ? "ring.asking" : isSame ? "ring.ask_again" : "ring.ask")}
      </Button>
      <Said ring={ring} />
      {ring.error && <Failure error={ring.error} />}
      {ring.isAsking && !ring.held && <Loading label={t("ring.asking")} />}
      {ring.held && <Plan held={ring.held} incident={incident} onFly={onFly} />}
      {!ring.held && !ring.isAsking && !ring.error && <Empty title={t("ring.empty")} />}
    </>
  );
}

export function RingPanel({ id, ring, onFly, onBack }: Props) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const query = useIncident(id);
  return (
    <Answer query={query}>
      {(incident) => (
        <article className="card-body" data-testid="ring-panel">
          <CardHead
            title={t("ring.title")}
            sub={`${kindTitle(incident.kind)} · ${incident.number}`}
            onClose={onBack}
          />
          <p className="dim">{t("ring.hint")}</p>
          {incident.state === "closed" || incident.state === "merged" ? (
            <Empty title={t("ring.over")} />
          ) : (
            <Pursuit incident={incident} ring={ring} onFly={onFly} />
          )}
        </article>
      )}
    </Answer>
  );
}
