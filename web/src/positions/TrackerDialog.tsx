// Registers a tracker, or the successor of one, and shows once what is typed into its app.

import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { renderSVG } from "uqr";
import { ActForm } from "../app/ActForm";
import { tracking } from "../app/api/calls.positions";
import type { Id } from "../app/api/types";
import { type IssuedTracker, PROTOCOLS, type Protocol, type Tracker } from "../app/api/types.positions";
import { useUnits } from "../app/queries";
import { useSession } from "../app/session";
import { OnceDialog } from "../boxes/OnceDialog";
import { Secrets } from "../boxes/Secrets";
import { isExposed, setupOf } from "./setup";

interface Props {
  /** Its successor is registered: the same again under a new secret. */
  before: Tracker | null;
  gateways: Tracker[];
  isOpen: boolean;
  onClose: () => void;
}

function Issued({ issued, onClose }: { issued: IssuedTracker; onClose: () => void }) {
  const { t } = useTranslation();
  const { tracker, secret } = issued;
  if (secret === null) {
    return (
      <div className="stack">
        <p className="note-good" role="status">
          ✓ {t("tracker.registered_behind", { name: tracker.name })}
        </p>
        <Button onClick={onClose}>{t("app.close")}</Button>
      </div>
    );
  }
  const { origin } = window.location;
  const { lines, qr } = setupOf({ protocol: tracker.protocol, origin, secret, device: tracker.device });
  return (
    <div className="stack" data-testid="tracker-setup">
      <p>{t(`tracker.setup_intro_${tracker.protocol}`)}</p>
      {isExposed(origin) && <p className="note-warn">▲ {t("tracker.exposed")}</p>}
      <Secrets lines={lines.map(({ name, value }) => ({ name, label: t(`tracker.setup_${name}`), value }))} />
      {qr && (
        <figure className="setup-qr">
          <img
            alt={t("tracker.setup_qr_alt")}
            src={`data:image/svg+xml,${encodeURIComponent(renderSVG(qr, { border: 2 }))}`}
          />
          <figcaption className="dim">{t(`tracker.setup_qr_${tracker.protocol}`)}</figcaption>
        </figure>
      )}
      <Button onClick={onClose} data-testid="tracker-done">
        {t("box.once_done")}
      </Button>
    </div>
  );
}

function Inside({ before, gateways, onKeys, onClose }: Omit<Props, "isOpen"> & { onKeys: () => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const units = useUnits();
  const [name, setName] = useState(before?.name ?? "");
  const [protocol, setProtocol] = useState<Protocol>(before?.protocol ?? "osmand");
  const [isGateway, setGateway] = useState(before?.is_gateway ?? false);
  const [behind, setBehind] = useState<Id | null>(null);
  const [device, setDevice] = useState(before?.device ?? "");
  const [unit, setUnit] = useState<Id | null>(before?.unit ?? null);
  const mayBeGateway = protocol !== "osmand" && behind === null;
  const speaksForOthers = isGateway && mayBeGateway;
  const doors = gateways.filter((one) => one.protocol === protocol);
  const needsDevice = behind !== null;
  const register = useMutation({
    mutationFn: () =>
      tracking.register({
        name: name.trim(),
        protocol,
        is_gateway: speaksForOthers,
        gateway: behind,
        device: device.trim() || null,
        unit: speaksForOthers ? null : unit,
      }),
    onSuccess: (made) => {
      if (made.secret !== null) onKeys();
      void client.invalidateQueries({ queryKey: ["trackers"] });
    },
  });
  if (register.data) return <Issued issued={register.data} onClose={onClose} />;
  return (
    <ActForm
      className="stack"
      act={register}
      label={t("tracker.register")}
      isComplete={name.trim() !== "" && (!needsDevice || device.trim() !== "")}
      testId="tracker-form"
      buttonTestId="tracker-register"
    >
      {before && <p className="note-warn">▲ {t("tracker.rekey_note", { name: before.name })}</p>}
      <TextInput
        label={t("tracker.name")}
        description={t("tracker.name_hint")}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={80}
        required
        data-autofocus
        data-testid="tracker-name"
      />
      <Select
        label={t("tracker.protocol_label")}
        description={t(`tracker.protocol_help.${protocol}`)}
        data={PROTOCOLS.map((value) => ({ value, label: t(`tracker.protocol.${value}`) }))}
        value={protocol}
        onChange={(value) => {
          if (!value) return;
          setProtocol(value as Protocol);
          setBehind(null);
        }}
        allowDeselect={false}
        data-testid="tracker-protocol"
      />
      {mayBeGateway && (
        <Checkbox
          label={t("tracker.is_gateway")}
          description={t("tracker.is_gateway_hint")}
          checked={isGateway}
          onChange={(event) => setGateway(event.currentTarget.checked)}
        />
      )}
      {!speaksForOthers && doors.length > 0 && !before && (
        <Select
          label={t("tracker.behind")}
          placeholder={t("tracker.behind_none")}
          data={doors.map((one) => ({ value: one.id, label: one.name }))}
          value={behind}
          onChange={setBehind}
          clearable
        />
      )}
      {(needsDevice || protocol === "owntracks" || protocol === "cot") && !speaksForOthers && (
        <TextInput
          label={t("tracker.device")}
          description={t(`tracker.device_hint_${needsDevice ? "behind" : protocol}`)}
          value={device}
          onChange={(event) => setDevice(event.currentTarget.value)}
          maxLength={120}
          required={needsDevice}
          spellCheck={false}
        />
      )}
      {!speaksForOthers &&
        (may("units.watch") ? (
          <Select
            label={t("tracker.unit")}
            description={t("tracker.unit_hint")}
            placeholder={t("tracker.no_unit")}
            data={(units.data ?? []).map((one) => ({ value: one.id, label: one.call_sign }))}
            value={unit}
            onChange={setUnit}
            searchable
            clearable
            data-testid="tracker-unit"
          />
        ) : (
          <p className="dim">{t("tracker.units_hidden")}</p>
        ))}
    </ActForm>
  );
}

export function TrackerDialog({ before, gateways, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <OnceDialog title={t(before ? "tracker.rekey" : "tracker.register")} isOpen={isOpen} onClose={onClose}>
      {(onKeys, close) => <Inside before={before} gateways={gateways} onKeys={onKeys} onClose={close} />}
    </OnceDialog>
  );
}
