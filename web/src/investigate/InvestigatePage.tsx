// The detective's questions to the sighting lake. Each has a purpose and a case, and leaves an entry on the audit log.

import "./investigate.css";
import "./answers.css";
import "./print.css";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Passing } from "../app/api/types.lake";
import { useKeys } from "../app/keys";
import { useSession } from "../app/session";
import { Empty, Failure, Loading } from "../app/states";
import type { LiveMap } from "../map/LiveMap";
import { BoundLine, boundOf, NeedsConsent } from "../observations/NeedsConsent";
import { AskedMap } from "./AskedMap";
import { useAnswer } from "./answer";
import { AnswerPane } from "./answers/AnswerPane";
import { rowsOf } from "./answers/rows";
import { boxOf } from "./area";
import { useAllCameras } from "./cameras";
import { CUSTODY_NEEDS, Custody } from "./custody/Custody";
import { HoldDialog } from "./custody/HoldDialog";
import { GroundsBar } from "./form/GroundsBar";
import { QuestionForm } from "./form/QuestionForm";
import { QuestionRail } from "./form/QuestionRail";
import { RecentMenu } from "./form/RecentMenu";
import { KEY_OF, KINDS } from "./questions";
import { summaryOf } from "./summary";
import { type Asking, useAsking } from "./useAsking";
import { type Chosen, useChosen } from "./useChosen";
import { countId, hasMap, picksCameras, useDrawn } from "./useDrawn";

/** The field that `/` goes to. */
const FIELD = ".question-form :is(input:not([type=radio]), textarea)";

function Asked({ asking, chosen }: { asking: Asking; chosen: Chosen }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const { kind, draft, question } = asking;
  const [pickSet, setPickSet] = useState<"cameras" | "later">("cameras");
  const [held, setHeld] = useState<Passing | null>(null);
  const [cellsTyped, setCellsTyped] = useState(0);
  const map = useRef<LiveMap | null>(null);
  const answerBox = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery("(max-width: 760px)");

  const { answer, ...query } = useAnswer(question);
  const bound = boundOf(query.error);
  const rows = useMemo(() => (answer ? rowsOf(answer) : []), [answer]);
  const cameras = useAllCameras(
    may("cameras.read") && (picksCameras(kind) || kind === "counts" || kind === "zones"),
  );
  const isPicking = chosen.isPicking || !answer;
  const drawn = useDrawn({
    kind,
    draft,
    question,
    answer,
    rows,
    chosen: chosen.id,
    shared: chosen.shared,
    cameras: cameras.cameras,
    isPicking,
    period_us: chosen.period_us,
    cellsTyped,
  });
  const isDrawing = kind === "area" && isPicking;

  const choose = (id: string) => {
    chosen.choose(id);
    const place =
      rows.find((row) => row.id === id)?.spots[0]?.position ??
      drawn.zones.find((zone) => zone.cell === id)?.position ??
      drawn.places.find((count) => countId(count) === id)?.position;
    if (place) map.current?.show(place);
  };
  const step = (by: number) => {
    const ids = drawn.zones.length > 0 ? drawn.zones.map((zone) => zone.cell) : rows.map((row) => row.id);
    const here = ids.indexOf(chosen.id ?? "");
    const next = ids[here < 0 ? 0 : Math.min(Math.max(here + by, 0), ids.length - 1)];
    if (next) choose(next);
  };
  useKeys(
    {
      j: () => step(1),
      k: () => step(-1),
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Escape: chosen.leave,
      "/": () => document.querySelector<HTMLElement>(FIELD)?.focus(),
    },
    true,
    true,
  );

  const nonce = answer || query.error ? question?.nonce : undefined;
  useEffect(() => {
    if (isNarrow && nonce) answerBox.current?.scrollIntoView();
  }, [isNarrow, nonce]);

  const title = question ? summaryOf(kind, question.draft, cameras.byId, t) : "";
  const withMap = hasMap(kind, answer ? (question?.draft ?? draft) : draft);
  return (
    <div className="asking">
      <QuestionForm
        key={kind}
        asking={asking}
        isAsking={query.isFetching && !query.isFetchingNextPage}
        isDrawing={isDrawing}
        cameras={cameras}
        rings={drawn.rings}
        onDraw={chosen.pick}
        onCells={() => setCellsTyped((before) => before + 1)}
        onView={() => {
          const bounds = map.current?.bounds();
          if (bounds) asking.setDraft({ ...draft, area: boxOf(bounds) });
        }}
        onSet={(set) => {
          setPickSet(set);
          chosen.pick();
        }}
      />
      <div
        className={withMap ? "answer-grid" : "answer-grid answer-alone"}
        data-waiting={(!answer && !isDrawing && !picksCameras(kind)) || undefined}
      >
        <div className="answer-box" ref={answerBox}>
          {!question && <Empty title={t("lake.start")} hint={t(`lake.start_${kind}`)} />}
          {question && query.isLoading && <Loading label={t("lake.searching")} />}
          {question && query.error && <Failure error={query.error} onRetry={() => void query.refetch()} />}
          {question && bound && (
            <>
              <BoundLine bound={bound} />
              <NeedsConsent
                plate={bound.plate_display}
                caseRef={question.grounds?.case_ref ?? ""}
                onOpened={() => void query.refetch()}
              />
            </>
          )}
          {question && answer && (
            <AnswerPane
              key={question.nonce}
              question={question}
              answer={answer}
              rows={rows}
              places={drawn.places}
              zones={drawn.zones}
              side={draft.side}
              period_us={chosen.period_us}
              title={title}
              isTable={asking.isTable}
              chosen={chosen.id}
              isFetchingMore={query.isFetchingNextPage}
              mayHold={may("sightings.hold")}
              onTable={asking.setTable}
              onChoose={choose}
              onLeave={chosen.leave}
              onMore={() => void query.fetchNextPage()}
              onOpened={() => void query.refetch()}
              onHold={setHeld}
              onFollow={asking.follow}
              onShared={chosen.share}
              onSide={asking.setSide}
              onPeriod={chosen.choosePeriod}
              onCell={(cell) => asking.toArea({ kind: "h3", cells: [cell] })}
            />
          )}
        </div>
        {withMap && (
          <AskedMap
            asking={asking}
            drawn={drawn}
            title={title}
            isDrawing={isDrawing}
            pickSet={pickSet}
            handle={map}
            onChoose={choose}
          />
        )}
      </div>
      {held && <HoldDialog passing={held} grounds={asking.grounds} onClose={() => setHeld(null)} />}
    </div>
  );
}

export default function InvestigatePage() {
  const { may } = useSession();
  const chosen = useChosen();
  const asking = useAsking(chosen.leave);
  const mayCustody = CUSTODY_NEEDS.some(may);
  const isCustody = asking.isCustody && mayCustody;
  useKeys({
    ...Object.fromEntries(KINDS.map((name) => [KEY_OF[name], () => asking.go(name)])),
    ...(mayCustody ? { "0": () => asking.go("custody") } : {}),
  });
  return (
    <div className="investigate">
      <GroundsBar grounds={asking.grounds} isTried={asking.isTried} onChange={asking.setGrounds}>
        <RecentMenu onRecall={asking.recall} />
      </GroundsBar>
      <div className="investigate-body">
        <QuestionRail
          tab={isCustody ? "custody" : asking.kind}
          withCustody={mayCustody}
          answered={asking.answered}
          onGo={asking.go}
        />
        {isCustody ? <Custody /> : <Asked asking={asking} chosen={chosen} />}
      </div>
    </div>
  );
}
