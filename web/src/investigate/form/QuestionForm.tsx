// The fields of one question. Enter asks.

import { Button, NumberInput, Select, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Camera, Id, Wgs84 } from "../../app/api/types";
import { COUNTS_BY, LIKENESSES } from "../../app/api/types.lake";
import { HINT_BELOW } from "../../app/hintBelow";
import { findCameras, nameOf } from "../cameras";
import {
  carriedTo,
  type Draft,
  hasSpan,
  type Kind,
  LIMITS,
  LISTED,
  mayNarrow,
  NUMBERS,
  PERIODS,
  type Problems,
  presetsOf,
  RESOLUTIONS,
  SPECS,
} from "../questions";
import type { Asking } from "../useAsking";
import { AreaField } from "./AreaField";
import { CamerasField } from "./CamerasField";
import { ChoiceField } from "./ChoiceField";
import { LookFields } from "./LookFields";
import { PlateField } from "./PlateField";
import { SpanField } from "./SpanField";
import { TheftsField } from "./TheftsField";

interface Props {
  asking: Asking;
  isAsking: boolean;
  /** Outlines of the area. */
  rings: Wgs84[][];
  /** A click on the map is a point of the area. */
  isDrawing: boolean;
  cameras: { cameras: Camera[]; byId: Map<Id, Camera>; isLoading: boolean };
  onDraw: () => void;
  onView: () => void;
  /** H3 cells were typed or pasted. */
  onCells: () => void;
  /** Which set a click on the map changes. */
  onSet: (set: "cameras" | "later") => void;
}

const CAMERAS_MAX = 200;

export function QuestionForm(props: Props) {
  const { asking, isAsking, isDrawing, cameras, onDraw, onView, onSet } = props;
  const { kind, draft, problems, isTried, setDraft } = asking;
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const has = (field: (typeof SPECS)[Kind]["fields"][number]) => SPECS[kind].fields.includes(field);
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const error = (field: keyof Problems) => {
    const problem = problems[field];
    return isTried && problem ? t(`lake.wrong_${problem}`) : null;
  };
  const one = useMemo(() => {
    const offered = findCameras(cameras.cameras, typed, 40).map((c) => ({ value: c.id, label: c.name }));
    const { camera } = draft;
    if (camera && !offered.some((o) => o.value === camera))
      offered.unshift({ value: camera, label: nameOf(cameras.byId, camera) });
    return offered;
  }, [cameras, typed, draft]);
  return (
    <form
      className="question-form"
      noValidate
      aria-label={t(`lake.q_${kind}`)}
      onSubmit={(event) => {
        event.preventDefault();
        asking.ask();
      }}
    >
      <p className="question-says">{t(`lake.says_${kind}`)}</p>
      {has("plate") && (
        <PlateField
          value={draft.plate}
          mayBePattern={kind === "history" || (kind === "plates" && draft.likeness === "wildcard")}
          error={error("plate")}
          onChange={(plate) => set({ plate })}
        />
      )}
      {has("plates") && (
        <TextInput
          className="field-plates"
          label={t("lake.plates")}
          description={t("lake.plates_hint")}
          inputWrapperOrder={HINT_BELOW}
          value={draft.plates}
          onChange={(event) => set({ plates: event.currentTarget.value })}
          error={error("plates")}
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: "plate plate-input" }}
          data-testid="search-plates"
        />
      )}
      {has("likeness") && (
        <ChoiceField
          label={t("lake.likeness")}
          value={draft.likeness}
          options={LIKENESSES.map((value) => ({ value, label: t(`lake.likeness_${value}`) }))}
          hint={t(`lake.likeness_hint_${draft.likeness}`)}
          onChange={(likeness) => set({ likeness })}
        />
      )}
      {has("cameras") && (
        <CamerasField
          {...cameras}
          label={t(kind === "passed" ? "lake.cameras_a" : "lake.cameras")}
          value={draft.cameras}
          error={error("cameras")}
          max={CAMERAS_MAX}
          onChange={(chosen) => set({ cameras: chosen })}
          onFocus={() => onSet("cameras")}
          testId="search-cameras"
        />
      )}
      {has("later") && (
        <CamerasField
          {...cameras}
          label={t("lake.cameras_b")}
          value={draft.later}
          error={error("later")}
          max={CAMERAS_MAX}
          onChange={(chosen) => set({ later: chosen })}
          onFocus={() => onSet("later")}
          testId="search-then"
        />
      )}
      {has("area") && (
        <AreaField
          area={draft.area}
          rings={props.rings}
          error={error("area")}
          onChange={(area) => set({ area })}
          isDrawing={isDrawing}
          onDraw={onDraw}
          onView={onView}
          onCells={props.onCells}
        />
      )}
      {has("thefts") && (
        <TheftsField value={draft.thefts} error={error("thefts")} onChange={(thefts) => set({ thefts })} />
      )}
      {has("resolution") && (
        <ChoiceField
          label={t("lake.resolution")}
          value={draft.resolution}
          options={RESOLUTIONS.map((value) => ({ value, label: t(`lake.resolution_${value}`) }))}
          onChange={(resolution) => set({ resolution })}
        />
      )}
      {has("period") && (
        <ChoiceField
          label={t("lake.period")}
          value={draft.period}
          options={PERIODS.map((value) => ({ value, label: t(`lake.period_${value}`) }))}
          onChange={(period) => set({ period })}
        />
      )}
      {has("listed") && (
        <ChoiceField
          label={t("lake.listed")}
          value={draft.listed}
          options={LISTED.map((value) => ({ value, label: t(`lake.listed_${value}`) }))}
          onChange={(listed) => set({ listed })}
        />
      )}
      {mayNarrow(kind, draft) && <LookFields look={draft.look} onChange={(look) => set({ look })} />}
      {has("by") && (
        <ChoiceField
          label={t("lake.by")}
          value={draft.by}
          options={COUNTS_BY.map((value) => ({ value, label: t(`lake.by_${value}`) }))}
          onChange={(by) => setDraft(carriedTo(kind, { ...draft, by }))}
        />
      )}
      {has("camera") && draft.by === "hour" && (
        <Select
          className="field-cameras"
          label={t("lake.camera_only")}
          placeholder={t("lake.all_cameras")}
          data={one}
          value={draft.camera}
          onChange={(camera) => set({ camera })}
          searchable
          searchValue={typed}
          onSearchChange={setTyped}
          filter={({ options }) => options}
          clearable
          nothingFoundMessage={t("lake.cameras_none")}
        />
      )}
      {NUMBERS.filter((name) => has(name)).map((name) => (
        <NumberInput
          key={name}
          className="field-number"
          label={t(`lake.number_${name}`)}
          value={draft[name]}
          min={LIMITS[name][0]}
          max={LIMITS[name][1]}
          onChange={(value) => set({ [name]: value === "" ? Number.NaN : Number(value) })}
          error={error(name)}
        />
      ))}
      {hasSpan(kind) && (
        <SpanField
          span={draft.span}
          presets={presetsOf(kind, draft)}
          error={error("span")}
          onChange={(span) => set({ span })}
        />
      )}
      <Button type="submit" className="question-ask" loading={isAsking} data-testid="search-submit">
        {t("search.submit")}
      </Button>
    </form>
  );
}
