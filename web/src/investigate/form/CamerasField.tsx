// Cameras by name, or by a click on the map.

import { Loader, MultiSelect } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Camera, Id } from "../../app/api/types";
import { HINT_BELOW } from "../../app/hintBelow";
import { findCameras, nameOf } from "../cameras";

interface Props {
  label: string;
  cameras: Camera[];
  byId: Map<Id, Camera>;
  isLoading: boolean;
  value: Id[];
  error: string | null;
  max: number;
  onChange: (value: Id[]) => void;
  onFocus?: () => void;
  testId: string;
}

const OFFERED = 40;

export function CamerasField(props: Props) {
  const { label, cameras, byId, isLoading, value, error, max, onChange, onFocus, testId } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const data = useMemo(() => {
    const chosen = new Set(value);
    const offered = findCameras(cameras, typed, OFFERED).filter((camera) => !chosen.has(camera.id));
    return [
      ...value.map((id) => ({ value: id, label: nameOf(byId, id) })),
      ...offered.map((camera) => ({ value: camera.id, label: camera.name })),
    ];
  }, [cameras, byId, typed, value]);
  return (
    <MultiSelect
      className="field-cameras"
      label={label}
      description={t("lake.cameras_hint", { count: cameras.length })}
      inputWrapperOrder={HINT_BELOW}
      placeholder={value.length === 0 ? t("lake.cameras_type") : ""}
      data={data}
      value={value}
      onChange={onChange}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      // Sought already, also by width and 臺/台.
      filter={({ options }) => options}
      hidePickedOptions
      maxValues={max}
      nothingFoundMessage={t("lake.cameras_none")}
      rightSection={isLoading ? <Loader size="xs" color="gray" /> : null}
      error={error}
      onFocus={onFocus}
      data-testid={testId}
      clearable
    />
  );
}
