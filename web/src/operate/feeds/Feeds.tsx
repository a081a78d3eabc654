// Partners' feeds: who sends what, when it came last, and whether it could be read.

import "./feeds.css";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { Age } from "../../app/Age";
import { useNow } from "../../app/age";
import { feeds } from "../../app/api/calls.feeds";
import { Icon } from "../../app/icons";
import { Empty } from "../../app/states";
import { Roster, RosterForm } from "../Roster";
import { FeedDetail } from "./FeedDetail";
import { FeedForm } from "./FeedForm";
import { FeedState, stateOf } from "./FeedState";

export function Feeds() {
  const { t } = useTranslation();
  const now_ms = useNow();
  const [params, setParams] = useSearchParams();
  const [isAdding, setAdding] = useState(false);
  const query = useQuery({ queryKey: ["feeds"], queryFn: feeds.list, refetchInterval: 60_000 });
  const open = (name: string | null) => setParams({ tab: "feeds", ...(name ? { feed: name } : {}) });
  const asked = params.get("feed");
  const feed = query.data?.find((one) => one.name === asked);
  if (feed) return <FeedDetail key={feed.name} feed={feed} onBack={() => open(null)} />;
  if (asked && query.data) {
    return (
      <Empty title={t("errors.sightings.feed.unknown")}>
        <Button variant="default" onClick={() => open(null)}>
          {t("feed.all")}
        </Button>
      </Empty>
    );
  }
  const add = isAdding ? (
    <RosterForm title={t("feed.new")}>
      <FeedForm
        feed={null}
        onDone={(made) => {
          setAdding(false);
          open(made.name);
        }}
      />
      <Button className="start" size="xs" variant="default" onClick={() => setAdding(false)}>
        {t("app.cancel")}
      </Button>
    </RosterForm>
  ) : (
    <div className="feeds-top">
      <p className="dim">{t("feed.intro")}</p>
      <Button
        leftSection={<Icon name="plus" size={16} />}
        onClick={() => setAdding(true)}
        data-testid="feed-new"
      >
        {t("feed.new")}
      </Button>
    </div>
  );
  return (
    <div className="feeds">
      <Roster
        query={query}
        form={add}
        empty={{ title: t("feed.none"), hint: t("feed.none_hint") }}
        idOf={(one) => one.name}
        rowTestId="feed-row"
        columns={[
          {
            key: "title",
            head: t("feed.head_feed"),
            show: (one) => (
              <>
                <button type="button" className="plain-link" onClick={() => open(one.name)}>
                  {one.title}
                </button>
                <div className="dim code">{one.name}</div>
              </>
            ),
          },
          {
            key: "state",
            head: t("feed.head_state"),
            show: (one) => <FeedState state={stateOf(one, now_ms)} />,
          },
          { key: "class", head: t("feed.class"), show: (one) => t(`custody.class_${one.class}`) },
          {
            key: "sites",
            head: t("feed.sites"),
            show: (one) => one.sites.toLocaleString("en"),
            className: "number",
          },
          {
            key: "last",
            head: t("feed.head_last"),
            show: ({ last_push }) =>
              last_push ? (
                <>
                  <Age at={last_push.arrived_at_us} />
                  <div className="dim">{t(`feed.via_${last_push.via}`)}</div>
                </>
              ) : (
                "—"
              ),
          },
          {
            key: "accepted",
            head: t("feed.count_accepted"),
            show: ({ last_push }) => last_push?.report.accepted.toLocaleString("en") ?? "—",
            className: "number",
          },
          {
            key: "refused",
            head: t("feed.count_refused"),
            show: ({ last_push }) => {
              const refused = last_push?.report.refused;
              if (refused === undefined) return "—";
              return refused > 0 ? `▲ ${refused.toLocaleString("en")}` : "0";
            },
            className: ({ last_push }) =>
              (last_push?.report.refused ?? 0) > 0 ? "number ink-warn" : "number",
          },
        ]}
      />
    </div>
  );
}
