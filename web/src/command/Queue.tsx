import { ActionIcon, Button, Tabs, Tooltip } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { useNow } from "../app/age";
import type { Hit, Incident } from "../app/api/types";
import { Icon } from "../app/icons";
import { Key } from "../app/Key";
import { useKindTitle } from "../app/queries";
import { sayReason } from "../app/reasonText";
import { sayDuration, sayProbability } from "../app/say";
import { changeSetting, useSetting } from "../app/settings";
import { Answer, Empty } from "../app/states";
import type { Selected } from "./CommandPage";

/** After this the vehicle is elsewhere (the server's conflict `old_sighting`). */
const FRESH_S = 600;

function useScrollToSelected(isSelected: boolean) {
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return row;
}

/** What happens if nobody acts: the last line of every alert. */
function Consequence({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  const left_s = FRESH_S - (useNow() / 1000 - hit.captured_at_us / 1_000_000);
  if (hit.state === "confirmed") {
    if (hit.incident) return <span>{t("hit.then_incident")}</span>;
    if (!hit.not_followed) return <span>{t("hit.then_no_incident")}</span>;
    return <span>{t("reasons.not_followed", { why: sayReason("follow_up", hit.not_followed, t) })}</span>;
  }
  if (hit.state === "rejected") return <span>{t(`reject_reason.${hit.reject_reason ?? "misread"}`)}</span>;
  if (hit.state === "lapsed") return <span>{t("hit.then_lapsed")}</span>;
  if (left_s <= 0) return <span>{t("hit.then_old")}</span>;
  return <span>{t("hit.then_fresh", { left: sayDuration(left_s, t) })}</span>;
}

function HitRow({ hit, isSelected, onSelect }: { hit: Hit; isSelected: boolean; onSelect: () => void }) {
  const { t } = useTranslation();
  const row = useScrollToSelected(isSelected);
  const tone = hit.state !== "raised" ? "done" : hit.entry.action === "stop_with_caution" ? "alarm" : "warn";
  return (
    <button
      type="button"
      ref={row}
      className={`pick-row queue-row tone-${tone}`}
      aria-pressed={isSelected}
      onClick={onSelect}
      data-testid="hit-row"
      data-state={hit.state}
      data-plate={hit.plate}
    >
      <span className="row-mark" aria-hidden="true">
        {hit.state === "raised"
          ? "!"
          : hit.state === "confirmed"
            ? "✓"
            : hit.state === "rejected"
              ? "✕"
              : "–"}
      </span>
      <span className="row-main">
        <span className="row-top">
          <span className="plate">{hit.plate_display}</span>
          <span className="row-state">{t(`hit_state.${hit.state}`)}</span>
          <Age at={hit.captured_at_us} className="row-age" />
        </span>
        <span className="row-line">
          {t(`entry_action.${hit.entry.action}`)} · {hit.place_name}
        </span>
        <span className="row-line dim">
          {t("hit.sure", { p: sayProbability(hit.confidence) })} · {t(`match_kind.${hit.kind}`)}
          {hit.conflicts.length > 0 && (
            <strong className="row-conflict">
              {" "}
              · ⚠ {t("hit.conflicts", { count: hit.conflicts.length })}
            </strong>
          )}
        </span>
        <span className="row-line dim">
          <Consequence hit={hit} />
        </span>
      </span>
    </button>
  );
}

function IncidentRow(props: { incident: Incident; isSelected: boolean; onSelect: () => void }) {
  const { incident, isSelected, onSelect } = props;
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const row = useScrollToSelected(isSelected);
  const isWaiting = incident.state === "open";
  const tone = !isWaiting ? "done" : incident.priority <= 2 ? "alarm" : "warn";
  const active = incident.assignments.filter((a) => !["declined", "cancelled", "closed"].includes(a.state));
  return (
    <button
      type="button"
      ref={row}
      className={`pick-row queue-row tone-${tone}`}
      aria-pressed={isSelected}
      onClick={onSelect}
      data-testid="incident-row"
      data-state={incident.state}
    >
      <span className="row-mark" role="img" aria-label={t("incident.priority", { n: incident.priority })}>
        {incident.priority}
      </span>
      <span className="row-main">
        <span className="row-top">
          <strong>{kindTitle(incident.kind)}</strong>
          <span className="row-state">{t(`incident_state.${incident.state}`)}</span>
          <Age at={incident.opened_at_us} className="row-age" />
        </span>
        <span className="row-line">{incident.summary}</span>
        <span className="row-line dim">{incident.address || incident.number}</span>
        <span className="row-line dim">
          {active.length > 0
            ? active
                .map((a) => `${a.call_sign} ${t(`assignment_state.${a.state}`)}`)
                .join(t("app.list_joiner"))
            : t("incident.nobody_sent")}
        </span>
      </span>
    </button>
  );
}

interface Props {
  tab: "hits" | "incidents";
  onTab: (tab: "hits" | "incidents") => void;
  hits: UseQueryResult<Hit[]>;
  incidents: UseQueryResult<Incident[]>;
  selected: Selected | null;
  onSelect: (selected: Selected) => void;
  onNewCall: (() => void) | null;
  /** What rings, above everything else. */
  calls: ReactNode;
}

export function Queue({ tab, onTab, hits, incidents, selected, onSelect, onNewCall, calls }: Props) {
  const { t } = useTranslation();
  const sound = useSetting("sound");
  const raised = (hits.data ?? []).filter((h) => h.state === "raised");
  const decided = (hits.data ?? []).filter((h) => h.state !== "raised");
  const waiting = (incidents.data ?? []).filter((i) => i.state === "open").length;
  const hitRow = (hit: Hit) => (
    <HitRow
      key={hit.id}
      hit={hit}
      isSelected={selected?.id === hit.id}
      onSelect={() => onSelect({ kind: "hit", id: hit.id })}
    />
  );
  return (
    <section className="queue" aria-label={t("command.queue")}>
      {calls}
      <div className="queue-head">
        <Tabs
          value={tab}
          onChange={(value) => onTab(value === "incidents" ? "incidents" : "hits")}
          className="queue-tabs"
        >
          <Tabs.List>
            <Tabs.Tab value="hits" data-testid="tab-hits">
              {t("command.hits")}{" "}
              {raised.length > 0 && <span className="count count-warn">{raised.length}</span>}
            </Tabs.Tab>
            <Tabs.Tab value="incidents" data-testid="tab-incidents">
              {t("command.incidents")} {waiting > 0 && <span className="count count-warn">{waiting}</span>}
            </Tabs.Tab>
          </Tabs.List>
        </Tabs>
        <Tooltip label={t(sound ? "palette.sound_off" : "palette.sound_on")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={t(sound ? "palette.sound_off" : "palette.sound_on")}
            aria-pressed={sound}
            onClick={() => changeSetting("sound", !sound)}
          >
            <Icon name={sound ? "sound" : "mute"} />
          </ActionIcon>
        </Tooltip>
      </div>
      <div className="queue-list">
        {tab === "hits" ? (
          <Answer query={hits}>
            {() => (
              <>
                {raised.map(hitRow)}
                {raised.length === 0 && (
                  <Empty title={t("command.no_hits")} hint={t("command.no_hits_hint")} />
                )}
                {decided.length > 0 && <h2 className="queue-title">{t("command.decided")}</h2>}
                {decided.map(hitRow)}
              </>
            )}
          </Answer>
        ) : (
          <Answer query={incidents}>
            {(list) =>
              list.length === 0 ? (
                <Empty title={t("command.no_incidents")} hint={t("command.no_incidents_hint")} />
              ) : (
                list.map((incident) => (
                  <IncidentRow
                    key={incident.id}
                    incident={incident}
                    isSelected={selected?.id === incident.id}
                    onSelect={() => onSelect({ kind: "incident", id: incident.id })}
                  />
                ))
              )
            }
          </Answer>
        )}
      </div>
      {onNewCall && (
        <div className="queue-foot">
          <Button
            fullWidth
            variant="default"
            leftSection={<Icon name="phone" size={16} />}
            rightSection={<Key>n</Key>}
            onClick={onNewCall}
            data-testid="new-call"
          >
            {t("command.new_call")}
          </Button>
        </div>
      )}
    </section>
  );
}
