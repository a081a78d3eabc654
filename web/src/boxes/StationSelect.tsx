import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useStations } from "./useBoxes";

interface Props {
  value: string;
  onChange: (station: string) => void;
  testId: string;
}

export function StationSelect({ value, onChange, testId }: Props) {
  const { t } = useTranslation();
  const stations = useStations().filter(Boolean);
  // A station from the address is chosen before the summary has named it.
  const known = value && !stations.includes(value) ? [value, ...stations] : stations;
  return (
    <Select
      label={t("box.station")}
      placeholder={t("box.all_stations")}
      data={known}
      value={value || null}
      onChange={(next) => onChange(next ?? "")}
      searchable
      clearable
      nothingFoundMessage={t("box.nothing")}
      data-testid={testId}
    />
  );
}
