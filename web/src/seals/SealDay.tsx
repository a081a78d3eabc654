// The day until which a seal holds: what the server would not take is said at the field.

import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { HINT_BELOW } from "../app/hintBelow";
import { isAllowed, TERM_DAYS_MAX } from "./draft";

interface Props {
  days: [string, string];
  value: string;
  onChange: (day: string) => void;
  hint: string;
}

export function SealDay({ days, value, onChange, hint }: Props) {
  const { t } = useTranslation();
  const [first, last] = days;
  const isFull = first > last;
  const says = isFull
    ? t("seals.not_yet", { days: TERM_DAYS_MAX })
    : t("seals.until_between", { first, last });
  return (
    <TextInput
      type="date"
      label={t("seals.until")}
      description={hint}
      inputWrapperOrder={HINT_BELOW}
      value={value}
      min={first}
      max={last}
      disabled={isFull}
      error={isFull || (value !== "" && !isAllowed(value, days)) ? says : null}
      onChange={(event) => onChange(event.currentTarget.value)}
      required
      data-testid="seal-until"
    />
  );
}
