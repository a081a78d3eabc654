import { Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { microsFromTaipei, taipeiDay } from "../app/age";
import { watchlists } from "../app/api/calls";
import {
  ENTRY_ACTIONS,
  type EntryAction,
  VEHICLE_CLASSES,
  VEHICLE_COLOURS,
  type VehicleClass,
  type VehicleColour,
} from "../app/api/types";
import { useLegalBases } from "../app/queries";
import { Answer } from "../app/states";

const DAY_US = 86_400_000_000;

export function ProposeForm({ onDone }: { onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const bases = useLegalBases();
  const [pattern, setPattern] = useState("");
  const [basisKey, setBasisKey] = useState<string | null>(null);
  const [owner, setOwner] = useState("");
  const [reason, setReason] = useState("");
  const [action, setAction] = useState<EntryAction>("stop");
  const [vehicleClass, setVehicleClass] = useState<VehicleClass | null>(null);
  const [colour, setColour] = useState<VehicleColour | null>(null);
  const [note, setNote] = useState("");
  const [expires, setExpires] = useState("");

  const now_us = Date.now() * 1000;
  const basis = bases.data?.find((b) => b.key === basisKey);
  const latest = basis ? taipeiDay(now_us + basis.max_days * DAY_US) : undefined;
  // The last moment of the chosen day, but never later than the law allows.
  const endOfDay_us = expires ? microsFromTaipei(`${expires}T23:59`) : null;
  const expires_at_us =
    endOfDay_us !== null && basis
      ? Math.min(endOfDay_us, now_us + basis.max_days * DAY_US - 60_000_000)
      : null;
  const expiryError =
    latest && expires > latest ? t("watch.too_long", { latest, days: basis?.max_days }) : null;

  const propose = useMutation({
    mutationFn: () =>
      watchlists.propose({
        pattern: pattern.trim(),
        legal_basis: basisKey ?? "",
        owner: owner.trim(),
        reason: reason.trim(),
        action,
        ...(vehicleClass ? { vehicle_class: vehicleClass } : {}),
        ...(colour ? { vehicle_colour: colour } : {}),
        ...(note.trim() ? { vehicle_note: note.trim() } : {}),
        expires_at_us: expires_at_us ?? 0,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["entries"] });
      onDone();
    },
  });
  const isComplete =
    [pattern, basisKey ?? "", owner, reason].every((text) => text.trim() !== "") &&
    expires_at_us !== null &&
    !expiryError;

  return (
    <ActForm
      className="panel form-grid"
      act={propose}
      label={t("watch.propose")}
      isComplete={isComplete}
      button={{ size: "md" }}
      testId="propose-form"
      buttonTestId="propose-submit"
    >
      <p className="dim form-wide">{t("watch.propose_intro")}</p>
      <TextInput
        label={t("watch.plate")}
        description={t("watch.plate_hint")}
        value={pattern}
        onChange={(event) => setPattern(event.currentTarget.value.toUpperCase())}
        required
        maxLength={14}
        autoComplete="off"
        classNames={{ input: "plate plate-input" }}
        size="md"
        data-testid="propose-plate"
      />
      <Select
        label={t("watch.action")}
        description={t("watch.action_hint")}
        data={ENTRY_ACTIONS.map((value) => ({
          value,
          label: t(`entry_action.${value}`),
          disabled: basis?.is_observation === true && value !== "observe",
        }))}
        value={action}
        onChange={(value) => value && setAction(value as EntryAction)}
        allowDeselect={false}
        size="md"
        data-testid="propose-action"
      />
      <Answer query={bases}>
        {(list) => (
          <Select
            label={t("watch.basis")}
            description={
              basis
                ? t("watch.basis_bound", { days: basis.max_days, article: basis.article })
                : t("watch.basis_hint")
            }
            data={list.map((b) => ({
              value: b.key,
              label: i18n.language === "en" ? b.title_en : b.title_zh,
            }))}
            value={basisKey}
            onChange={(value) => {
              setBasisKey(value);
              const chosen = list.find((b) => b.key === value);
              // A month is what most entries need; the law's bound where that is less.
              if (chosen?.is_observation) setAction("observe");
              else if (chosen?.default_action) setAction(chosen.default_action);
              if (chosen) setExpires(taipeiDay(now_us + Math.min(chosen.max_days, 30) * DAY_US));
            }}
            required
            size="md"
            data-testid="propose-basis"
          />
        )}
      </Answer>
      <TextInput
        type="date"
        label={t("watch.expires")}
        description={t("watch.expires_hint")}
        value={expires}
        min={taipeiDay(now_us)}
        {...(latest ? { max: latest } : {})}
        onChange={(event) => setExpires(event.currentTarget.value)}
        error={expiryError}
        required
        size="md"
        data-testid="propose-expires"
      />
      <TextInput
        label={t("watch.owner")}
        description={t("watch.owner_hint")}
        value={owner}
        onChange={(event) => setOwner(event.currentTarget.value)}
        required
        maxLength={80}
        size="md"
        data-testid="propose-owner"
      />
      <Select
        label={t("watch.class")}
        description={t("watch.class_hint")}
        data={VEHICLE_CLASSES.map((value) => ({ value, label: t(`vehicle_class.${value}`) }))}
        value={vehicleClass}
        onChange={(value) => setVehicleClass(value as VehicleClass | null)}
        clearable
        size="md"
      />
      <Select
        label={t("watch.colour")}
        description={t("watch.colour_hint")}
        data={VEHICLE_COLOURS.map((value) => ({ value, label: t(`vehicle_colour.${value}`) }))}
        value={colour}
        onChange={(value) => setColour(value as VehicleColour | null)}
        clearable
        size="md"
        data-testid="propose-colour"
      />
      <TextInput
        className="form-wide"
        label={t("watch.note")}
        description={t("watch.note_hint")}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        maxLength={200}
        size="md"
      />
      {basis?.is_observation && <p className="note-warn form-wide">{t("watch.basis_observation")}</p>}
      <Textarea
        className="form-wide"
        label={t("watch.reason")}
        description={t("watch.reason_hint")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        autosize
        minRows={2}
        maxLength={500}
        size="md"
        data-testid="propose-reason"
      />
    </ActForm>
  );
}
