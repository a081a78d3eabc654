// All warnings, as a list and on the map: one selection for both.

import { Button, Switch } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useNow } from "../app/age";
import type { Warning } from "../app/api/types.warnings";
import { Icon } from "../app/icons";
import { useKeys } from "../app/keys";
import { MoreButton } from "../app/MoreButton";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { MapView } from "../map/MapView";
import { warningFeatures, warningPlaces } from "../map/warningFeatures";
import { useAllWarnings, useCurrentWarnings } from "./useWarnings";
import { WarningCard } from "./WarningCard";
import { WarningRow } from "./WarningRow";
import { groupsOf, merged } from "./words";

/** What has run out leaves its group by the clock; to the half minute is soon enough. */
const REGROUP_MS = 30_000;

export function WarningList() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const now_ms = Math.floor(useNow() / REGROUP_MS) * REGROUP_MS;
  const isAll = params.get("over") !== null;
  const chosen = params.get("warning");
  const current = useCurrentWarnings();
  const all = useAllWarnings(isAll);
  const go = (next: { warning?: string | null; over?: boolean }) => {
    const warning = next.warning === undefined ? chosen : next.warning;
    setParams({
      ...(warning ? { warning } : {}),
      ...((next.over ?? isAll) ? { over: "1" } : {}),
    });
  };
  const groups = useMemo(() => {
    const pages = isAll ? (all.data?.pages.flatMap((page) => page.items) ?? []) : [];
    return groupsOf(merged(current.data ?? [], pages), now_ms);
  }, [current.data, all.data, isAll, now_ms]);
  const rows = [...groups.in_force, ...groups.waiting, ...(isAll ? groups.over : [])];
  const step = (by: number) => {
    const here = rows.findIndex((row) => row.id === chosen);
    const next = rows[here < 0 ? 0 : Math.min(Math.max(here + by, 0), rows.length - 1)];
    if (next) go({ warning: next.id });
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: () => go({ warning: null }),
  });
  const shown = rows.find((row) => row.id === chosen);
  const overlays = useMemo(
    () => ({
      areas: warningFeatures(
        shown && !groups.in_force.includes(shown) ? [...groups.in_force, shown] : groups.in_force,
        chosen,
      ),
    }),
    [groups, shown, chosen],
  );
  const fit = useMemo(() => {
    const places = (shown ? [shown] : groups.in_force).flatMap(warningPlaces);
    return { key: `${chosen} ${places.length}`, places };
  }, [shown, groups, chosen]);
  const list = (name: "in_force" | "waiting" | "over", warnings: Warning[]) => (
    <section aria-label={t(`warning.group_${name}`)} data-testid={`warnings-${name}`}>
      <h2 className="section-title warning-group">
        {t(`warning.group_${name}`)} <span className="count-plain">{warnings.length}</span>
      </h2>
      {warnings.length === 0 ? (
        <p className="dim warning-nothing">{t(`warning.group_${name}_none`)}</p>
      ) : (
        <ul>
          {warnings.map((one) => (
            <WarningRow
              key={one.id}
              warning={one}
              isChosen={one.id === chosen}
              onChoose={() => go({ warning: one.id === chosen ? null : one.id })}
            />
          ))}
        </ul>
      )}
    </section>
  );
  return (
    <div className="warnings-split" data-chosen={chosen ? "" : undefined}>
      <div className="warnings-list">
        <div className="warnings-top">
          <Switch
            label={t("warning.show_over")}
            checked={isAll}
            onChange={(event) => go({ over: event.currentTarget.checked })}
            data-testid="warnings-over-switch"
          />
          {may("warnings.draft") && (
            <Button
              leftSection={<Icon name="plus" size={16} />}
              onClick={() => setParams({ tab: "write" })}
              data-testid="warning-new"
            >
              {t("warning.write")}
            </Button>
          )}
        </div>
        <Answer query={current}>
          {() => (
            <div className="panel warnings-groups">
              {list("in_force", groups.in_force)}
              {list("waiting", groups.waiting)}
              {isAll && all.error && <Failure error={all.error} onRetry={() => void all.refetch()} />}
              {isAll && list("over", groups.over)}
              {isAll && <MoreButton query={all} />}
            </div>
          )}
        </Answer>
      </div>
      <div className="warnings-side">
        {chosen ? (
          <WarningCard key={chosen} id={chosen} onClose={() => go({ warning: null })} />
        ) : (
          current.data?.length === 0 && <Empty title={t("warning.none")} hint={t("warning.none_hint")} />
        )}
        <div className="warnings-map">
          <MapView label={t("warning.map_label")} overlays={overlays} selected={null} fit={fit} />
        </div>
      </div>
    </div>
  );
}
