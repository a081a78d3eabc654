import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  sure: string;
  isBusy: boolean;
  onSure: () => void;
}

/** What cannot be taken back takes two clicks, in one place, without a dialog. */
export function SureButton({ label, sure, isBusy, onSure }: Props) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  if (!isAsking) {
    return (
      <Button size="xs" variant="default" loading={isBusy} onClick={() => setAsking(true)}>
        {label}
      </Button>
    );
  }
  return (
    <span className="sure">
      <Button
        size="xs"
        color="red"
        loading={isBusy}
        onClick={() => {
          setAsking(false);
          onSure();
        }}
      >
        {sure}
      </Button>
      <Button size="xs" variant="default" onClick={() => setAsking(false)}>
        {t("app.cancel")}
      </Button>
    </span>
  );
}
