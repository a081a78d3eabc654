// The form beside the map. Nothing of it is public before another person has issued it.

import { Checkbox, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { useNow } from "../app/age";
import { warnings } from "../app/api/calls.warnings";
import type { Id } from "../app/api/types";
import { DRAFT_STATUSES, type Warning } from "../app/api/types.warnings";
import { useIncidents, useKindTitle } from "../app/queries";
import { RADIUS_FIRST_M, ringsOf, withClick } from "../investigate/area";
import { MapView } from "../map/MapView";
import { areaFeatures } from "../map/questionFeatures";
import { DegreeFields } from "./DegreeFields";
import { DraftArea } from "./DraftArea";
import { DraftExpiry } from "./DraftExpiry";
import { DraftTexts } from "./DraftTexts";
import { bodyOf, type Draft, HEADLINE_MAX, isBegun, missingOf, type Shape } from "./draft";
import { headlineOf } from "./words";

interface Props {
  start: Draft;
  /** What is updated or cancelled. */
  earlier: Warning | null;
  onDone: (id: Id) => void;
}

function DraftMap({ draft, onPlace }: { draft: Draft; onPlace: (shape: Shape) => void }) {
  const { t } = useTranslation();
  const overlays = useMemo(() => {
    const { current } = draft;
    const corners = current.kind === "polygon" ? current.corners : current.centre ? [current.centre] : [];
    const drawn = isBegun(current) ? [...draft.shapes, current] : draft.shapes;
    return {
      areas: areaFeatures(
        drawn.flatMap((shape) => ringsOf(shape, null)),
        corners,
      ),
    };
  }, [draft]);
  const fit = useMemo(
    () => ({
      key: draft.earlier ?? "new",
      places: draft.shapes.flatMap((shape) => ringsOf(shape, null).flat()),
    }),
    [draft.earlier, draft.shapes],
  );
  const isFixed = draft.kind === "cancel";
  return (
    <div className="warning-form-map">
      <MapView
        label={t("warning.draw_label")}
        overlays={overlays}
        selected={null}
        fit={fit}
        isDrawing={!isFixed}
        onPlace={(place) => {
          if (!isFixed) onPlace(withClick(draft.current, place) as Shape);
        }}
      />
    </div>
  );
}

export function DraftForm({ start, earlier, onDone }: Props) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const now_ms = useNow();
  const incidents = useIncidents();
  const kindTitle = useKindTitle();
  const [draft, setDraft] = useState(start);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const missing = missingOf(draft, now_ms);
  const isCancel = draft.kind === "cancel";
  const send = useMutation({
    mutationFn: () => {
      const body = bodyOf(draft, Date.now());
      if (!body) throw new Error(t("warning.incomplete"));
      return warnings.draft(body);
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["warnings"] });
      onDone(made.id);
    },
  });
  const choose = (id: Id | null) => {
    const place = incidents.data?.find((one) => one.id === id)?.position;
    const isBare = draft.shapes.length === 0 && !isBegun(draft.current);
    const circle: Shape | null =
      place && isBare ? { kind: "circle", centre: place, radius_m: RADIUS_FIRST_M } : null;
    change({ incident: id, ...(circle ? { current: circle } : {}) });
  };
  return (
    <div className="warning-form">
      <section className="panel">
        <h2 className="section-title">
          {earlier
            ? t(`warning.write_${isCancel ? "cancel" : "update"}`, {
                headline: headlineOf(earlier, i18n.language),
              })
            : t("warning.write_alert")}
        </h2>
        <p className="dim">{t("warning.two_people")}</p>
        <ActForm
          className="stack"
          act={send}
          label={t("warning.send")}
          isComplete={missing.length === 0}
          done={
            missing.length > 0 && (
              <p className="dim" data-testid="warning-missing">
                {t("warning.still", {
                  what: missing.map((name) => t(`warning.missing.${name}`)).join(t("app.list_joiner")),
                })}
              </p>
            )
          }
          testId="warning-form"
          buttonTestId="warning-send"
        >
          <Select
            label={t("warning.status_label")}
            description={t(`warning.status_help.${draft.status}`)}
            data={DRAFT_STATUSES.map((value) => ({ value, label: t(`warning.status.${value}`) }))}
            value={draft.status}
            onChange={(value) => value && change({ status: value })}
            allowDeselect={false}
            readOnly={earlier !== null}
            data-testid="warning-status"
          />
          {!isCancel && <DegreeFields draft={draft} onChange={change} />}
          <DraftTexts
            label={t("warning.language.zh-TW")}
            lang="zh-TW"
            words={draft.zh}
            onChange={(zh) => change({ zh })}
          />
          <Checkbox
            label={t("warning.has_en")}
            checked={draft.hasEn}
            onChange={(event) => change({ hasEn: event.currentTarget.checked })}
            data-testid="warning-has-en"
          />
          {draft.hasEn && (
            <DraftTexts
              label={t("warning.language.en-US")}
              lang="en-US"
              words={draft.en}
              onChange={(en) => change({ en })}
            />
          )}
          <DraftExpiry
            value={draft.expires}
            isWrong={missing.includes("expires_wrong")}
            onChange={(expires) => change({ expires })}
          />
          <TextInput
            label={t("warning.area_name")}
            description={t("warning.area_name_hint")}
            value={draft.areaName}
            onChange={(event) => change({ areaName: event.currentTarget.value })}
            maxLength={HEADLINE_MAX}
            readOnly={isCancel}
            required
            data-testid="warning-area-name"
          />
          {isCancel ? (
            <p className="dim">{t("warning.area_same", { count: draft.shapes.length })}</p>
          ) : (
            <DraftArea draft={draft} onChange={change} />
          )}
          {!earlier && (
            <Select
              label={t("warning.incident")}
              description={t("warning.incident_hint")}
              placeholder={t("app.none")}
              data={(incidents.data ?? []).map((one) => ({
                value: one.id,
                label: `${one.number} ${kindTitle(one.kind)}`,
              }))}
              value={draft.incident}
              onChange={choose}
              clearable
              searchable
              data-testid="warning-incident"
            />
          )}
        </ActForm>
      </section>
      <DraftMap draft={draft} onPlace={(current) => change({ current })} />
    </div>
  );
}
