// A reason from a closed list, chosen in a form.

import { Select, type SelectProps } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Asked } from "./api/types.reasons";
import { sayReason } from "./reasonText";

interface Props<Code extends string>
  extends Omit<SelectProps, "data" | "value" | "onChange" | "defaultValue" | "multiple"> {
  /** What was asked and is not done: it says in which words. */
  asked: Asked;
  codes: readonly Code[];
  value: Code | null;
  onChange: (code: Code | null) => void;
  testId?: string;
}

export function ReasonSelect<Code extends string>({ asked, codes, onChange, testId, ...look }: Props<Code>) {
  const { t } = useTranslation();
  return (
    <Select
      {...look}
      data={codes.map((code) => ({ value: code, label: sayReason(asked, code, t) }))}
      onChange={(code) => onChange(codes.find((one) => one === code) ?? null)}
      data-testid={testId}
    />
  );
}
