// Consents to put movements together: what waits for me, what I asked for, what runs; and what was opened for a life in danger.

import { Tabs } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { observations } from "../app/api/calls.observations";
import type { Which } from "../app/api/types.observations";
import { MoreButton } from "../app/MoreButton";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { AskForm } from "./AskForm";
import { lacksOffice } from "./ask";
import { Bound } from "./Bound";
import { ConsentCard } from "./ConsentCard";
import { Openings } from "./Openings";
import "./observations.css";

function Consents({ which }: { which: Which }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["observations", which],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => observations.list(which, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <Answer query={query}>
      {(data) => {
        const all = data.pages.flatMap((page) => page.items);
        return (
          <>
            {all.length === 0 && <Empty title={t(`observe.none_${which}`)} />}
            {all.map((one) => (
              <ConsentCard key={one.id} one={one} which={which} />
            ))}
            <MoreButton query={query} label={t("app.more")} />
          </>
        );
      }}
    </Answer>
  );
}

const TABS = ["waiting", "mine", "running", "openings", "ask"] as const;
const NEEDS: Partial<Record<(typeof TABS)[number], string>> = {
  waiting: "observations.decide",
  mine: "observations.ask",
  ask: "observations.ask",
};

export default function ObservationsPage() {
  const { t } = useTranslation();
  const { may, me } = useSession();
  const [params, setParams] = useSearchParams();
  const tabs = TABS.filter((name) => may(NEEDS[name] ?? "observations.watch"));
  const first = may("observations.review") ? "openings" : (tabs[0] ?? "running");
  const tab = tabs.find((name) => name === params.get("tab")) ?? first;
  return (
    <div className="page observations-page">
      <Bound />
      {me && lacksOffice(me.office, may) && (
        <p className="note-warn" role="status" data-testid="no-office">
          {t("observe.no_office")}
        </p>
      )}
      <Tabs value={tab} onChange={(next) => setParams(next ? { tab: next } : {})}>
        <Tabs.List>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`observations-${name}`}>
              {t(`observe.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "openings" && <Openings />}
      {tab === "ask" && (
        <AskForm
          key={`${params.get("plate")} ${params.get("case")}`}
          plate={params.get("plate") ?? ""}
          caseRef={params.get("case") ?? ""}
          onDone={() => setParams({ tab: "mine" })}
        />
      )}
      {(tab === "waiting" || tab === "mine" || tab === "running") && <Consents key={tab} which={tab} />}
    </div>
  );
}
