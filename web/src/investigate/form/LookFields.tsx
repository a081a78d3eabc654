// Kind and colour of the vehicle in the picture: they narrow a question, and ask nothing by themselves.

import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { VEHICLE_COLOURS, VEHICLE_KINDS, type VehicleColour, type VehicleKind } from "../../app/api/types";
import type { Look } from "../../app/api/types.lake";
import { HINT_BELOW } from "../../app/hintBelow";

interface Props {
  look: Look;
  onChange: (look: Look) => void;
}

export function LookFields({ look, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        className="field-number"
        label={t("lake.look_kind")}
        placeholder={t("lake.look_any")}
        data={VEHICLE_KINDS.map((value) => ({ value, label: t(`vehicle_kind.${value}`) }))}
        value={look.kind}
        onChange={(kind) => onChange({ ...look, kind: kind as VehicleKind | null })}
        clearable
        data-testid="search-kind"
      />
      <Select
        className="field-number"
        label={t("lake.look_colour")}
        description={look.kind || look.colour ? t("lake.look_hint") : null}
        inputWrapperOrder={HINT_BELOW}
        placeholder={t("lake.look_any")}
        data={VEHICLE_COLOURS.map((value) => ({ value, label: t(`vehicle_colour.${value}`) }))}
        value={look.colour}
        onChange={(colour) => onChange({ ...look, colour: colour as VehicleColour | null })}
        clearable
        data-testid="search-colour"
      />
    </>
  );
}
