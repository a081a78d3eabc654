// The closed list of reasons why something is not done: one press says it and does it.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props<Code extends string> {
  title: string;
  codes: readonly Code[];
  isBusy?: boolean;
  size?: "sm" | "md" | "lg";
  onPick: (code: Code) => void;
  onBack?: () => void;
}

export function ReasonButtons<Code extends string>({
  title,
  codes,
  isBusy = false,
  size = "sm",
  onPick,
  onBack,
}: Props<Code>) {
  const { t } = useTranslation();
  return (
    <fieldset className="reason-buttons" data-testid="reasons">
      <legend>{title}</legend>
      {codes.map((code) => (
        <Button
          key={code}
          size={size}
          variant="default"
          disabled={isBusy}
          onClick={() => onPick(code)}
          data-testid={`reason-${code}`}
        >
          {t(`reason_code.${code}`)}
        </Button>
      ))}
      {onBack && (
        <Button size={size} variant="subtle" onClick={onBack}>
          {t("app.back")}
        </Button>
      )}
    </fieldset>
  );
}
