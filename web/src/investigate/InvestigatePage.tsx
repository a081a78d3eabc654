// Where one plate has been. Each question has a purpose and a case, and leaves an entry on the audit log.

import "./investigate.css";
import { Button, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { taipei } from "../app/age";
import { sightings as calls, type SightingQuery } from "../app/api/calls";
import type { Grounds, Id, Sighting } from "../app/api/types";
import { Icon } from "../app/icons";
import { useKeys } from "../app/keys";
import { useSession } from "../app/session";
import { Empty, Failure, Loading } from "../app/states";
import { pathFeatures } from "../map/features";
import type { LiveMap } from "../map/LiveMap";
import { MapView } from "../map/MapView";
import { saveFile, sightingsCsv } from "./csv";
import { ResultList, ResultTable } from "./Results";
import { type Question, SearchForm } from "./SearchForm";

const PAGE = 50;

function useSearch(question: Question | null) {
  return useInfiniteQuery({
    queryKey: ["sightings", question],
    enabled: question !== null,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const asked = question as Question;
      const query: SightingQuery = { plate: asked.plate, limit: PAGE };
      if (asked.from_us !== null) query.from_us = asked.from_us;
      if (asked.until_us !== null) query.until_us = asked.until_us;
      return calls.search(query, asked.grounds, pageParam, signal);
    },
    getNextPageParam: (last) => last.next_cursor,
    // Asking again is a new query on the log; nothing here does it by itself.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
}

function PrintHead({ question, grounds, count }: { question: Question; grounds: Grounds; count: number }) {
  const { t } = useTranslation();
  const { me } = useSession();
  return (
    <div className="print-only">
      <h1>{t("search.print_title", { plate: question.plate })}</h1>
      <p>
        {t("search.purpose")}：{t(`purpose.${grounds.purpose}`)}　{t("search.case")}：
        {grounds.case_ref || "—"}　{t("search.print_by", { name: me?.name, at: taipei(Date.now() * 1000) })}　
        {t("search.count", { count })}
      </p>
    </div>
  );
}

export default function InvestigatePage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [question, setQuestion] = useState<Question | null>(null);
  const [chosen, setChosen] = useState<Id | null>(null);
  const map = useRef<LiveMap | null>(null);
  const search = useSearch(question);
  const isTable = params.get("view") === "table";

  const found = useMemo(() => search.data?.pages.flatMap((page) => page.items) ?? [], [search.data]);
  const oldestFirst = useMemo(() => [...found].sort((a, b) => a.captured_at_us - b.captured_at_us), [found]);
  const isOneVehicle = new Set(found.map((s) => s.plate)).size === 1;
  const path = useMemo(() => {
    const features = pathFeatures(oldestFirst, chosen);
    return isOneVehicle ? features : features.filter((f) => f.geometry.type === "Point");
  }, [oldestFirst, chosen, isOneVehicle]);
  const numberOf = (id: Id) => oldestFirst.findIndex((s) => s.id === id) + 1;

  const choose = (sighting: Sighting | undefined) => {
    if (!sighting) return;
    setChosen(sighting.id);
    if (sighting.position) map.current?.flyTo(sighting.position, 14);
  };
  const step = (by: number) => {
    const here = found.findIndex((s) => s.id === chosen);
    choose(found[here < 0 ? 0 : Math.min(Math.max(here + by, 0), found.length - 1)]);
  };
  useKeys({ j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1) });

  const results = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery("(max-width: 760px)");
  const hasFound = found.length > 0;
  useEffect(() => {
    if (isNarrow && hasFound) results.current?.scrollIntoView();
  }, [isNarrow, hasFound]);

  const ask = (next: Question) => {
    setChosen(null);
    setQuestion(next);
    setParams((old) => {
      const made = new URLSearchParams(old);
      made.set("plate", next.plate);
      return made;
    });
  };
  const chosenPlace = found.find((s) => s.id === chosen)?.position ?? null;
  const heads = ["plate", "captured", "place", "lat", "lon", "confidence", "direction", "speed", "id"];
  const Results = isTable ? ResultTable : ResultList;

  return (
    <div className="investigate">
      <SearchForm first={params.get("plate") ?? ""} isAsking={search.isFetching} onAsk={ask} />
      {!question && <Empty title={t("search.start")} hint={t("search.start_hint")} />}
      {question && search.isLoading && <Loading label={t("search.searching")} />}
      {question && search.error && <Failure error={search.error} onRetry={() => void search.refetch()} />}
      {question && search.data && found.length === 0 && (
        <Empty title={t("search.none", { plate: question.plate })} hint={t("search.none_hint")} />
      )}
      {question && found.length > 0 && (
        <div className="results" ref={results}>
          <PrintHead question={question} grounds={question.grounds} count={found.length} />
          <div className="results-bar">
            <strong>
              {t("search.count", { count: found.length })}
              {search.hasNextPage && t("search.there_is_more")}
            </strong>
            <SegmentedControl
              value={isTable ? "table" : "photos"}
              onChange={(view) =>
                setParams((old) => {
                  const made = new URLSearchParams(old);
                  if (view === "table") made.set("view", "table");
                  else made.delete("view");
                  return made;
                })
              }
              data={[
                { value: "photos", label: t("search.photos") },
                { value: "table", label: t("command.table") },
              ]}
            />
            <span className="grow" />
            <Button
              variant="default"
              leftSection={<Icon name="download" size={16} />}
              onClick={() =>
                saveFile(
                  `${question.plate.replace(/[^\w-]/g, "_")}.csv`,
                  sightingsCsv(
                    found,
                    heads.map((h) => t(`search.head_${h}`)),
                  ),
                )
              }
              data-testid="export-csv"
            >
              CSV
            </Button>
            <Button
              variant="default"
              leftSection={<Icon name="print" size={16} />}
              onClick={() => window.print()}
            >
              {t("search.print")}
            </Button>
          </div>
          <div className="results-list">
            <Results
              found={found}
              grounds={question.grounds}
              chosen={chosen}
              numberOf={numberOf}
              onChoose={(sighting) => choose(sighting)}
            />
            {search.hasNextPage && (
              <Button
                variant="default"
                fullWidth
                loading={search.isFetchingNextPage}
                onClick={() => void search.fetchNextPage()}
              >
                {t("app.more")}
              </Button>
            )}
          </div>
          <div className="results-map">
            <MapView
              label={t("search.map_label", { plate: question.plate })}
              overlays={{ path }}
              selected={chosenPlace}
              handle={map}
              fit={{
                key: `${question.plate} ${found.length}`,
                places: found.flatMap((s) => (s.position ? [s.position] : [])),
              }}
              onPick={({ id }) => choose(found.find((s) => s.id === id))}
            />
          </div>
        </div>
      )}
    </div>
  );
}
