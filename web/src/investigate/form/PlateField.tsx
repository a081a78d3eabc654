// A plate as people type it; below it, how it will be read.

import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { HINT_BELOW } from "../../app/hintBelow";
import { isPattern, readPlate } from "../plateText";

interface Props {
  value: string;
  mayBePattern: boolean;
  error: string | null;
  onChange: (value: string) => void;
}

export function PlateField({ value, mayBePattern, error, onChange }: Props) {
  const { t } = useTranslation();
  const read = readPlate(value);
  const hint = () => {
    if (read.text === "") return t(mayBePattern ? "lake.plate_hint" : "lake.plate_hint_whole");
    if (read.wrong.length > 0) return t("lake.plate_odd", { characters: read.wrong.join(" ") });
    if (!isPattern(read)) return t("lake.plate_read", { plate: read.text });
    return t(read.hasMany ? "lake.plate_many" : "lake.plate_some", { plate: read.text, count: read.unknown });
  };
  return (
    <TextInput
      className="field-plate"
      label={t("search.plate")}
      description={hint()}
      inputWrapperOrder={HINT_BELOW}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      autoComplete="off"
      autoCapitalize="characters"
      spellCheck={false}
      maxLength={24}
      classNames={{ input: "plate plate-input" }}
      data-testid="search-plate"
    />
  );
}
