// One feed: how its files are read, where they may come from, what came, and a place to give one.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipeiDay, useNow } from "../../app/age";
import { feeds } from "../../app/api/calls.feeds";
import type { Feed } from "../../app/api/types.feeds";
import { Icon } from "../../app/icons";
import { Failure } from "../../app/states";
import { RosterForm } from "../Roster";
import { SureButton } from "../SureButton";
import { FeedFiles } from "./FeedFiles";
import { FeedForm } from "./FeedForm";
import { FeedSites } from "./FeedSites";
import { FeedState, stateOf } from "./FeedState";
import { FeedUpload } from "./FeedUpload";
import { COLUMNS } from "./mapping";

function Mapping({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const { mapping } = feed;
  const rows = COLUMNS.flatMap((column) => {
    const name = mapping[column];
    return name ? [{ key: column, is: t(`feed.column_${column}`), name }] : [];
  });
  const reading = [
    t(`feed.format_${mapping.format ?? "any"}`),
    t(`feed.charset_${mapping.charset.replace("-", "")}`),
    t(mapping.has_heading ? "feed.with_heading" : "feed.without_heading"),
    t("feed.late_h", { count: mapping.late_after_h ?? 24 }),
    ...(mapping.in_words.length > 0 ? [`${t("feed.in_words")} ${mapping.in_words.join(" ")}`] : []),
    ...(mapping.out_words.length > 0 ? [`${t("feed.out_words")} ${mapping.out_words.join(" ")}`] : []),
  ];
  return (
    <>
      <dl className="facts" data-testid="feed-mapping">
        {rows.map((row) => (
          <div key={row.key}>
            <dt>{row.is}</dt>
            <dd className="code">{row.name}</dd>
          </div>
        ))}
      </dl>
      <p className="dim">{reading.join(" · ")}</p>
    </>
  );
}

export function FeedDetail({ feed, onBack }: { feed: Feed; onBack: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const now_ms = useNow();
  const [isChanging, setChanging] = useState(false);
  const end = useMutation({
    mutationFn: () => feeds.end(feed.name),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["feeds"] }),
  });
  const isOpen = feed.ended_at_us === null;
  return (
    <div className="feed" data-testid="feed-detail">
      <header className="feed-head">
        <Button variant="default" size="xs" leftSection={<Icon name="back" size={16} />} onClick={onBack}>
          {t("feed.all")}
        </Button>
        <h2>{feed.title}</h2>
        <span className="code dim">{feed.name}</span>
        <span className="tag">{t(`custody.class_${feed.class}`)}</span>
        <FeedState state={stateOf(feed, now_ms)} />
        <span className="grow" />
        {isOpen && (
          <SureButton
            label={t("feed.end")}
            sure={t("feed.end_sure")}
            isBusy={end.isPending}
            onSure={() => end.mutate()}
          />
        )}
      </header>
      {end.error && <Failure error={end.error} />}
      {!isOpen && <p className="note-warn">▲ {t("feed.ended_note")}</p>}
      <div className="feed-grid">
        <div className="feed-side">
          {isOpen && (
            <RosterForm title={t("feed.give")}>
              <FeedUpload feed={feed} />
            </RosterForm>
          )}
          <RosterForm title={t("feed.sites_of", { count: feed.sites })}>
            <FeedSites feed={feed} isOpen={isOpen} />
          </RosterForm>
        </div>
        <div className="feed-side">
          <RosterForm title={t("feed.mapping")}>
            {isChanging ? (
              <FeedForm feed={feed} onDone={() => setChanging(false)} />
            ) : (
              <Mapping feed={feed} />
            )}
            {isOpen && (
              <Button
                className="start"
                size="xs"
                variant="default"
                onClick={() => setChanging(!isChanging)}
                data-testid="feed-change"
              >
                {t(isChanging ? "app.cancel" : "feed.change")}
              </Button>
            )}
          </RosterForm>
          <RosterForm title={t("feed.ways")}>
            <dl className="facts">
              <div>
                <dt>{t("feed.way_push")}</dt>
                <dd>
                  {feed.device === null ? (
                    t("feed.device_none")
                  ) : (
                    <span className="code">POST /v1/sightings/feeds/{feed.name}</span>
                  )}
                </dd>
              </div>
              <div>
                <dt>{t("feed.way_drop")}</dt>
                <dd className="code">drop/{feed.name}/</dd>
              </div>
              <div>
                <dt>{t("feed.expires")}</dt>
                <dd>
                  {feed.expires_at_us === null ? t("feed.expires_never") : taipeiDay(feed.expires_at_us)}
                </dd>
              </div>
              <div>
                <dt>{t("feed.made")}</dt>
                <dd>
                  {taipeiDay(feed.created_at_us)} · {feed.created_by_name}
                </dd>
              </div>
            </dl>
          </RosterForm>
        </div>
      </div>
      <section>
        <h3 className="section-title">{t("feed.files")}</h3>
        <FeedFiles name={feed.name} />
      </section>
    </div>
  );
}
