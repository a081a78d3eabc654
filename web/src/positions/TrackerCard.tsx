// One tracker: how it is heard, what of it was refused and why, and what is done to it.

import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Age } from "../app/Age";
import { taipei } from "../app/age";
import { tracking } from "../app/api/calls.positions";
import type { Tracker, UnitPosition } from "../app/api/types.positions";
import { Icon } from "../app/icons";
import { useUnits } from "../app/queries";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { SureButton } from "../operate/SureButton";
import { TrackerState } from "./TrackerState";
import { refusals } from "./trackers";
import { useTrackerChange } from "./useTrackers";

function Facts({ tracker, position }: { tracker: Tracker; position: UnitPosition | null }) {
  const { t } = useTranslation();
  const age = (at_us: number | null) => (at_us === null ? t("tracker.state_never_seen") : <Age at={at_us} />);
  return (
    <dl className="facts">
      <div>
        <dt>{t("tracker.last_seen")}</dt>
        <dd>{age(tracker.last_seen_at_us)}</dd>
      </div>
      <div>
        <dt>{t("tracker.last_fix")}</dt>
        <dd>{age(tracker.last_fix_at_us)}</dd>
      </div>
      {position && (
        <div>
          <dt>{t("tracker.accuracy")}</dt>
          <dd>
            {position.accuracy_m === null
              ? t("tracker.accuracy_unknown")
              : `± ${Math.round(position.accuracy_m)} m`}{" "}
            <span className="dim">({t(`tracker.age_${position.age}`)})</span>
          </dd>
        </div>
      )}
      {tracker.device && (
        <div>
          <dt>{t("tracker.device")}</dt>
          <dd className="code">{tracker.device}</dd>
        </div>
      )}
      <div>
        <dt>{t("tracker.battery")}</dt>
        <dd>{tracker.battery === null ? "—" : `${tracker.battery}%`}</dd>
      </div>
      <div>
        <dt>{t("tracker.taken")}</dt>
        <dd className="number">{tracker.taken.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>{t("tracker.registered")}</dt>
        <dd className="number">{taipei(tracker.created_at_us).slice(0, 16)}</dd>
      </div>
    </dl>
  );
}

function Refused({ tracker }: { tracker: Tracker }) {
  const { t } = useTranslation();
  const rows = refusals(tracker);
  const last = tracker.last_error;
  if (rows.length === 0 && !last) return null;
  return (
    <section data-testid="tracker-refusals">
      <h3 className="section-title">{t("tracker.refused_why")}</h3>
      <ul className="refusals">
        {rows.map(({ key, count }) => (
          <li key={key}>
            <span className="number">{count.toLocaleString("en")} ×</span>
            <span>{t(`errors.${key}`, { defaultValue: key })}</span>
          </li>
        ))}
      </ul>
      {last && (
        <p className="note-warn">
          ▲ {t("tracker.last_error")} <Age at={last.at_us} />
          {t("app.colon")}
          {t(`errors.${last.key}`, { defaultValue: last.key })}
          <span className="refusal-detail code">{last.detail}</span>
        </p>
      )}
    </section>
  );
}

function Name({ tracker }: { tracker: Tracker }) {
  const { t } = useTranslation();
  const [name, setName] = useState(tracker.name);
  const rename = useTrackerChange((next: string) => tracking.rename(tracker.id, next));
  const isChanged = name.trim() !== "" && name.trim() !== tracker.name;
  return (
    <>
      <form
        className="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged) rename.mutate(name.trim());
        }}
      >
        <TextInput
          className="grow"
          label={t("tracker.name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={80}
          data-testid="tracker-rename"
        />
        <Button type="submit" variant="default" disabled={!isChanged} loading={rename.isPending}>
          {t("tracker.rename")}
        </Button>
      </form>
      {rename.error && <Failure error={rename.error} />}
    </>
  );
}

function Mount({ tracker }: { tracker: Tracker }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const units = useUnits();
  const [unit, setUnit] = useState(tracker.unit);
  const mount = useTrackerChange((next: string | null) => tracking.mount(tracker.id, next));
  if (tracker.is_gateway) return null;
  if (!may("units.watch")) return <p className="dim">{t("tracker.units_hidden")}</p>;
  return (
    <>
      <form
        className="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (unit !== tracker.unit) mount.mutate(unit);
        }}
      >
        <Select
          className="grow"
          label={t("tracker.unit")}
          placeholder={t("tracker.no_unit")}
          data={(units.data ?? []).map((one) => ({ value: one.id, label: one.call_sign }))}
          value={unit}
          onChange={setUnit}
          searchable
          clearable
          data-testid="tracker-mount"
        />
        <Button type="submit" variant="default" disabled={unit === tracker.unit} loading={mount.isPending}>
          {t("tracker.mount")}
        </Button>
      </form>
      {mount.error && <Failure error={mount.error} />}
    </>
  );
}

interface Props {
  tracker: Tracker;
  position: UnitPosition | null;
  onSuccessor: () => void;
  onClose: () => void;
}

export function TrackerCard({ tracker, position, onSuccessor, onClose }: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  const revoke = useTrackerChange(() => tracking.revoke(tracker.id));
  const isLive = tracker.state !== "revoked";
  return (
    <section className="panel tracker-card" aria-label={tracker.name} data-testid="tracker-card">
      <header className="tracker-head">
        <div>
          <h2>{tracker.name}</h2>
          <span className="dim">
            {t(`tracker.protocol.${tracker.protocol}`)}
            {tracker.is_gateway && ` · ${t("tracker.gateway")}`}
          </span>
        </div>
        <TrackerState state={tracker.state} />
        <ActionIcon variant="subtle" color="gray" size={44} aria-label={t("app.close")} onClick={onClose}>
          <Icon name="close" size={20} />
        </ActionIcon>
      </header>
      <Facts tracker={tracker} position={position} />
      <Refused tracker={tracker} />
      {isLive && <Name tracker={tracker} />}
      {isLive && <Mount tracker={tracker} />}
      {revoke.error && <Failure error={revoke.error} />}
      <div className="tracker-acts">
        {tracker.unit && may("positions.tracks") && (
          <Button
            size="xs"
            variant="default"
            component={Link}
            href={`/positions?tab=tracks&unit=${tracker.unit}`}
            data-testid="tracker-track"
          >
            {t("tracker.see_track")}
          </Button>
        )}
        {isLive && tracker.gateway === null && (
          <Button size="xs" variant="default" onClick={onSuccessor} data-testid="tracker-rekey">
            {t("tracker.rekey")}
          </Button>
        )}
        {isLive && (
          <SureButton
            label={t("tracker.revoke")}
            sure={t("tracker.revoke_sure")}
            isBusy={revoke.isPending}
            onSure={() => revoke.mutate(undefined)}
            testId="tracker-revoke"
          />
        )}
      </div>
      {isLive && tracker.gateway === null && <p className="dim">{t("tracker.rekey_hint")}</p>}
    </section>
  );
}
