// The detective's questions to the sighting lake. Each has a purpose and a case, and leaves an entry on the audit log.

import "./investigate.css";
import "./answers.css";
import "./print.css";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import type { Passing, Spot } from "../app/api/types.lake";
import { useKeys } from "../app/keys";
import { useSession } from "../app/session";
import { Empty, Failure, Loading } from "../app/states";
import type { LiveMap } from "../map/LiveMap";
import { MapView } from "../map/MapView";
import { type Question, useAnswer } from "./answer";
import { AnswerPane } from "./answers/AnswerPane";
import { rowsOf } from "./answers/rows";
import { boxOf, withClick } from "./area";
import { useAllCameras } from "./cameras";
import { CUSTODY_NEEDS, Custody } from "./custody/Custody";
import { HoldDialog } from "./custody/HoldDialog";
import { GroundsBar } from "./form/GroundsBar";
import { QuestionForm } from "./form/QuestionForm";
import { QuestionRail, type Tab } from "./form/QuestionRail";
import { RecentMenu } from "./form/RecentMenu";
import { keepGrounds, keptGrounds, lacksCase } from "./grounds";
import {
  carriedTo,
  type Draft,
  FIRST,
  fromParams,
  hasSpan,
  KINDS,
  type Kind,
  problemsOf,
  toParams,
} from "./questions";
import { type Asked, remember } from "./recent";
import { type Window, windowOf } from "./span";
import { summaryOf } from "./summary";
import { countId, hasMap, picksCameras, toggled, useDrawn } from "./useDrawn";

export default function InvestigatePage() {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const [params, setParams] = useSearchParams();
  const first = useMemo(() => fromParams(new URLSearchParams(window.location.search), FIRST), []);
  const [kind, setKind] = useState<Kind>(first.kind);
  const [draft, setDraft] = useState<Draft>(first.draft);
  const [grounds, setGrounds] = useState(keptGrounds);
  const [isTried, setTried] = useState(false);
  const [asked, setAsked] = useState<Partial<Record<Kind, Question>>>({});
  const [chosen, setChosen] = useState<string | null>(null);
  const [shared, setShared] = useState<Spot[]>([]);
  const [pickSet, setPickSet] = useState<"cameras" | "later">("cameras");
  const [isPicking, setPicking] = useState(true);
  const [held, setHeld] = useState<Passing | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const map = useRef<LiveMap | null>(null);
  const answerBox = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery("(max-width: 760px)");

  const mayCustody = CUSTODY_NEEDS.some(may);
  const isCustody = params.get("q") === "custody" && mayCustody;
  const isTable = params.get("view") === "table";
  const written = useRef(params.toString());

  // The address may change without us: back, forward, the palette.
  const address = params.toString();
  useEffect(() => {
    if (address === written.current) return;
    written.current = address;
    const next = fromParams(new URLSearchParams(address), draft);
    setKind(next.kind);
    setDraft(next.draft);
    setChosen(null);
  }, [address, draft]);

  const write = (next: URLSearchParams) => {
    // The same address twice would make Back do nothing.
    if (next.toString() === address) return;
    written.current = next.toString();
    setParams(next);
  };

  const question = asked[kind] ?? null;
  const { answer, ...query } = useAnswer(question);
  const rows = useMemo(() => (answer ? rowsOf(answer) : []), [answer]);
  const cameras = useAllCameras(may("cameras.read") && (picksCameras(kind) || kind === "counts"));
  const drawn = useDrawn({
    kind,
    draft,
    question,
    answer,
    rows,
    chosen,
    shared,
    cameras: cameras.cameras,
    isPicking: isPicking || !answer,
  });
  const problems = problemsOf(kind, draft, Date.now());

  const ask = (nextKind: Kind, nextDraft: Draft) => {
    setTried(true);
    const wrong = problemsOf(nextKind, nextDraft, Date.now());
    if ((nextKind !== "counts" && lacksCase(grounds)) || Object.keys(wrong).length > 0) {
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(".investigate [aria-invalid=true]")?.focus(),
      );
      return;
    }
    const span: Window = (hasSpan(nextKind) && windowOf(nextDraft.span, Date.now())) || {
      from_us: 0,
      until_us: 0,
    };
    const clean = { ...grounds, case_ref: grounds.case_ref.trim() };
    keepGrounds(clean);
    setTried(false);
    setPicking(false);
    setChosen(null);
    setShared([]);
    const made: Question = {
      kind: nextKind,
      draft: nextDraft,
      window: span,
      grounds: clean,
      nonce: Date.now(),
    };
    setAsked((old) => ({ ...old, [nextKind]: made }));
    write(toParams(nextKind, nextDraft, isTable));
    if (me) {
      const summary = summaryOf(nextKind, nextDraft, cameras.byId, t);
      remember(me.id, { kind: nextKind, draft: nextDraft, summary, at_ms: Date.now() });
    }
  };

  const go = (tab: Tab) => {
    setTried(false);
    setChosen(null);
    setShared([]);
    if (tab === "custody") {
      write(new URLSearchParams({ q: "custody" }));
      return;
    }
    const next = carriedTo(tab, draft);
    setKind(tab);
    setDraft(next);
    write(toParams(tab, next, false));
  };

  const follow = (nextKind: Kind, plate: string) => {
    const next = carriedTo(nextKind, { ...draft, plate });
    setKind(nextKind);
    setDraft(next);
    ask(nextKind, next);
  };

  const recall = ({ kind: nextKind, draft: nextDraft }: Asked) => {
    setKind(nextKind);
    setDraft(nextDraft);
    setChosen(null);
    write(toParams(nextKind, nextDraft, false));
  };

  const choose = (id: string) => {
    setChosen(id);
    if (id !== chosen) setShared([]);
    const place =
      rows.find((row) => row.id === id)?.spots[0]?.position ??
      drawn.places.find((count) => countId(count) === id)?.position;
    if (place) map.current?.show(place);
  };
  const step = (by: number) => {
    const here = rows.findIndex((row) => row.id === chosen);
    const next = rows[here < 0 ? 0 : Math.min(Math.max(here + by, 0), rows.length - 1)];
    if (next) choose(next.id);
  };
  useKeys(
    {
      j: () => step(1),
      k: () => step(-1),
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Escape: () => setChosen(null),
      "/": () => form.current?.querySelector<HTMLElement>("input:not([type=radio]), textarea")?.focus(),
      ...Object.fromEntries(KINDS.map((name, at) => [String(at + 1), () => go(name)])),
      ...(mayCustody ? { "0": () => go("custody") } : {}),
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
  const isDrawing = kind === "area";
  return (
    <div className="investigate">
      <GroundsBar grounds={grounds} isTried={isTried} onChange={setGrounds}>
        <RecentMenu onRecall={recall} />
      </GroundsBar>
      <div className="investigate-body">
        <QuestionRail
          tab={isCustody ? "custody" : kind}
          withCustody={mayCustody}
          answered={new Set(Object.keys(asked) as Kind[])}
          onGo={go}
        />
        {isCustody ? (
          <Custody />
        ) : (
          <div className="asking">
            <QuestionForm
              key={kind}
              kind={kind}
              draft={draft}
              problems={problems}
              isTried={isTried}
              isAsking={query.isFetching && !query.isFetchingNextPage}
              cameras={cameras}
              form={form}
              onChange={setDraft}
              onAsk={() => ask(kind, draft)}
              onView={() => {
                const bounds = map.current?.bounds();
                if (bounds) setDraft({ ...draft, area: boxOf(bounds) });
              }}
              onSet={(set) => {
                setPickSet(set);
                setPicking(true);
              }}
            />
            <div
              className={withMap ? "answer-grid" : "answer-grid answer-alone"}
              data-waiting={(!answer && !isDrawing && !picksCameras(kind)) || undefined}
            >
              <div className="answer-box" ref={answerBox}>
                {!question && <Empty title={t("lake.start")} hint={t(`lake.start_${kind}`)} />}
                {question && query.isLoading && <Loading label={t("lake.searching")} />}
                {question && query.error && (
                  <Failure error={query.error} onRetry={() => void query.refetch()} />
                )}
                {question && answer && (
                  <AnswerPane
                    key={question.nonce}
                    question={question}
                    answer={answer}
                    rows={rows}
                    places={drawn.places}
                    title={title}
                    isTable={isTable}
                    chosen={chosen}
                    isFetchingMore={query.isFetchingNextPage}
                    mayHold={may("sightings.hold")}
                    onTable={(next) => write(toParams(kind, draft, next))}
                    onChoose={choose}
                    onLeave={() => setChosen(null)}
                    onMore={() => void query.fetchNextPage()}
                    onHold={setHeld}
                    onFollow={follow}
                    onShared={setShared}
                  />
                )}
              </div>
              {withMap && (
                <div className="answer-map">
                  <MapView
                    label={t("lake.map_label", { what: title || t(`lake.q_${kind}`) })}
                    overlays={drawn.overlays}
                    selected={drawn.selected}
                    handle={map}
                    fit={drawn.fit}
                    isDrawing={isDrawing}
                    onPlace={(place) =>
                      isDrawing && setDraft({ ...draft, area: withClick(draft.area, place) })
                    }
                    onPick={({ overlay, id }) => {
                      if (overlay !== "cameras") choose(id);
                      else if (picksCameras(kind)) {
                        const set = kind === "passed" ? pickSet : "cameras";
                        setDraft({ ...draft, [set]: toggled(draft[set], id) });
                      }
                    }}
                  />
                </div>
              )}
            </div>
          </div>
        )}
      </div>
      {held && <HoldDialog passing={held} grounds={grounds} onClose={() => setHeld(null)} />}
    </div>
  );
}
