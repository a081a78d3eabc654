// The fields of one question. Enter asks.

import { Button, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { type RefObject, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Camera, Id } from "../../app/api/types";
import { COUNTS_BY, type CountBy, LIKENESSES, type PlateLikeness } from "../../app/api/types.lake";
import { findCameras, nameOf } from "../cameras";
import {
  carriedTo,
  type Draft,
  hasSpan,
  type Kind,
  LIMITS,
  LISTED,
  type Listed,
  NUMBERS,
  type Problems,
  presetsOf,
  SPECS,
} from "../questions";
import { AreaField } from "./AreaField";
import { CamerasField } from "./CamerasField";
import { PlateField } from "./PlateField";
import { SpanField } from "./SpanField";

interface Props {
  kind: Kind;
  draft: Draft;
  problems: Problems;
  /** Nobody is told what is missing before having tried. */
  isTried: boolean;
  isAsking: boolean;
  cameras: { cameras: Camera[]; byId: Map<Id, Camera>; isLoading: boolean };
  form: RefObject<HTMLFormElement | null>;
  onChange: (draft: Draft) => void;
  onAsk: () => void;
  onView: () => void;
  /** Which set a click on the map changes. */
  onSet: (set: "cameras" | "later") => void;
}

const CAMERAS_MAX = 200;

export function QuestionForm(props: Props) {
  const { kind, draft, problems, isTried, isAsking, cameras, form, onChange, onAsk, onView, onSet } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const has = (field: (typeof SPECS)[Kind]["fields"][number]) => SPECS[kind].fields.includes(field);
  const set = (part: Partial<Draft>) => onChange({ ...draft, ...part });
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
      ref={form}
      className="question-form"
      noValidate
      aria-label={t(`lake.q_${kind}`)}
      onSubmit={(event) => {
        event.preventDefault();
        onAsk();
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
          inputWrapperOrder={["label", "input", "description", "error"]}
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
        <div className="field-span">
          <span className="field-label" id="likeness-label">
            {t("lake.likeness")}
          </span>
          <SegmentedControl
            aria-labelledby="likeness-label"
            value={draft.likeness}
            onChange={(likeness) => set({ likeness: likeness as PlateLikeness })}
            data={LIKENESSES.map((value) => ({ value, label: t(`lake.likeness_${value}`) }))}
          />
          <span className="field-hint">{t(`lake.likeness_hint_${draft.likeness}`)}</span>
        </div>
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
          error={error("area")}
          onChange={(area) => set({ area })}
          onView={onView}
        />
      )}
      {has("listed") && (
        <div className="field-span">
          <span className="field-label" id="listed-label">
            {t("lake.listed")}
          </span>
          <SegmentedControl
            aria-labelledby="listed-label"
            value={draft.listed}
            onChange={(listed) => set({ listed: listed as Listed })}
            data={LISTED.map((value) => ({ value, label: t(`lake.listed_${value}`) }))}
          />
        </div>
      )}
      {has("by") && (
        <div className="field-span">
          <span className="field-label" id="by-label">
            {t("lake.by")}
          </span>
          <SegmentedControl
            aria-labelledby="by-label"
            value={draft.by}
            onChange={(by) => onChange(carriedTo(kind, { ...draft, by: by as CountBy }))}
            data={COUNTS_BY.map((value) => ({ value, label: t(`lake.by_${value}`) }))}
          />
        </div>
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
