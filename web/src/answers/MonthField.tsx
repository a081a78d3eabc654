// A month of a report. While it is half typed nothing is asked for, and the field says what is wrong.

import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MONTHS_MAX } from "./month";

interface Props {
  label: string;
  value: string;
  fault: string | null;
  /** The last one that may be asked for. */
  max: string;
  onChange: (month: string) => void;
  testId: string;
}

export function MonthField({ label, value, fault, max, onChange, testId }: Props) {
  const { t } = useTranslation();
  return (
    <TextInput
      type="month"
      label={label}
      value={value}
      max={max}
      error={fault && t(`answers.fault_${fault}`, { max: MONTHS_MAX })}
      onChange={(event) => onChange(event.currentTarget.value)}
      data-testid={testId}
    />
  );
}
