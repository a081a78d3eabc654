// Until when it counts: hours from now at one click, or a time in Taipei.

import { Button, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { expiresIn } from "./draft";

const HOURS = [1, 3, 6, 12, 24, 72];

interface Props {
  value: string;
  isWrong: boolean;
  onChange: (value: string) => void;
}

export function DraftExpiry({ value, isWrong, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <div className="warning-expiry">
      <TextInput
        type="datetime-local"
        label={t("warning.expires")}
        description={t("warning.expires_hint")}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={isWrong && t("errors.warnings.draft.expiry")}
        required
        data-testid="warning-expires"
      />
      <div className="tags">
        {HOURS.map((hours) => (
          <Button
            key={hours}
            size="xs"
            variant="default"
            onClick={() => onChange(expiresIn(hours, Date.now()))}
            data-testid={`warning-in-${hours}`}
          >
            {t("warning.in_hours", { count: hours })}
          </Button>
        ))}
      </div>
    </div>
  );
}
