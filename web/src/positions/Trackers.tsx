// Phones and devices that ride along: when each was heard last, how exactly, and what of theirs was refused.

import { Button, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { Age } from "../app/Age";
import type { Tracker } from "../app/api/types.positions";
import { Icon } from "../app/icons";
import { Roster } from "../operate/Roster";
import { TrackerCard } from "./TrackerCard";
import { TrackerDialog } from "./TrackerDialog";
import { TrackerState } from "./TrackerState";
import { matches, ordered, positionOf, refusedCount } from "./trackers";
import { useTrackers, useUnitName, useUnitPositions } from "./useTrackers";

export function Trackers() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState("");
  const [isAll, setAll] = useState(false);
  /** Null: closed. A tracker: its successor is registered. */
  const [adding, setAdding] = useState<{ before: Tracker | null } | null>(null);
  const query = useTrackers();
  const positions = useUnitPositions();
  const unitName = useUnitName();
  const all = query.data;
  const shown =
    all &&
    ordered(all).filter(
      (one) => (isAll || one.state !== "revoked") && matches(one, unitName(one.unit), text),
    );
  const chosen = all?.find((one) => one.id === params.get("tracker"));
  const choose = (id: string | null) => setParams({ tab: "trackers", ...(id ? { tracker: id } : {}) });
  const accuracyOf = (one: Tracker) => positionOf(one, positions.data ?? [])?.accuracy_m ?? null;
  return (
    <>
      <div className="filters">
        <TextInput
          label={t("tracker.find")}
          placeholder={t("tracker.find_hint")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          className="tracker-find"
        />
        <Switch
          label={t("tracker.show_revoked")}
          checked={isAll}
          onChange={(event) => setAll(event.currentTarget.checked)}
          className="tracker-switch"
        />
        <span className="grow" />
        <Button
          leftSection={<Icon name="plus" size={16} />}
          onClick={() => setAdding({ before: null })}
          data-testid="tracker-new"
        >
          {t("tracker.register")}
        </Button>
      </div>
      <TrackerDialog
        key={adding?.before?.id ?? "new"}
        before={adding?.before ?? null}
        gateways={(all ?? []).filter((one) => one.is_gateway && one.state !== "revoked")}
        isOpen={adding !== null}
        onClose={() => setAdding(null)}
      />
      <div className="trackers-split" data-chosen={chosen ? "" : undefined}>
        <div className="trackers-list">
          <Roster
            query={{ ...query, data: shown }}
            label={t("tracker.tab_trackers")}
            empty={
              all?.length === 0
                ? { title: t("tracker.none"), hint: t("tracker.none_hint") }
                : { title: t("tracker.nothing") }
            }
            idOf={(one) => one.id}
            chosen={chosen?.id ?? null}
            rowTestId="tracker-row"
            columns={[
              {
                key: "name",
                head: t("tracker.name"),
                show: (one) => (
                  <>
                    <button
                      type="button"
                      className="plain-link"
                      onClick={() => choose(one.id === chosen?.id ? null : one.id)}
                    >
                      {one.name}
                    </button>
                    <div className="dim">
                      {t(`tracker.protocol.${one.protocol}`)}
                      {one.is_gateway && ` · ${t("tracker.gateway")}`}
                    </div>
                  </>
                ),
              },
              {
                key: "unit",
                head: t("tracker.unit"),
                show: (one) => (one.is_gateway ? "—" : unitName(one.unit) || `▲ ${t("tracker.no_unit")}`),
                className: (one) => (!one.is_gateway && one.unit === null ? "ink-warn" : undefined),
              },
              {
                key: "state",
                head: t("tracker.state"),
                show: (one) => <TrackerState state={one.state} />,
              },
              {
                key: "fix",
                head: t("tracker.last_fix"),
                show: (one) => (one.last_fix_at_us === null ? "—" : <Age at={one.last_fix_at_us} />),
              },
              {
                key: "accuracy",
                head: t("tracker.accuracy"),
                show: (one) => {
                  const metres = accuracyOf(one);
                  return metres === null ? "—" : `± ${Math.round(metres)} m`;
                },
                className: "number",
              },
              {
                key: "refused",
                head: t("tracker.refused_7d"),
                show: (one) => {
                  const count = refusedCount(one);
                  return count > 0 ? `▲ ${count.toLocaleString("en")}` : "0";
                },
                className: (one) => (refusedCount(one) > 0 ? "number ink-warn" : "number"),
              },
            ]}
          />
        </div>
        {chosen && (
          <TrackerCard
            key={chosen.id}
            tracker={chosen}
            position={positionOf(chosen, positions.data ?? [])}
            onSuccessor={() => setAdding({ before: chosen })}
            onClose={() => choose(null)}
          />
        )}
      </div>
    </>
  );
}
