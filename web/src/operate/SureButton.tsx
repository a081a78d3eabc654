import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  sure: string;
  isBusy: boolean;
  /** Something that it needs is missing. */
  isDisabled?: boolean;
  onSure: () => void;
  size?: "xs" | "md";
  testId?: string;
}

/** What cannot be taken back takes two clicks, in one place, without a dialog. */
export function SureButton({ label, sure, isBusy, isDisabled = false, onSure, size = "xs", testId }: Props) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const wasAsking = useRef(false);
  const first = useRef<HTMLButtonElement>(null);
  const back = useRef<HTMLButtonElement>(null);
  // The pressed button is gone, and the focus with it. It goes to the way back: a key held too long does nothing.
  useEffect(() => {
    if (isAsking) back.current?.focus();
    else if (wasAsking.current) first.current?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);
  if (!isAsking) {
    return (
      <Button
        ref={first}
        size={size}
        variant="default"
        loading={isBusy}
        disabled={isDisabled}
        onClick={() => setAsking(true)}
        data-testid={testId}
      >
        {label}
      </Button>
    );
  }
  return (
    <span className="sure">
      <Button
        size={size}
        color="red"
        loading={isBusy}
        disabled={isDisabled}
        onClick={() => {
          setAsking(false);
          onSure();
        }}
        data-testid={testId && `${testId}-sure`}
      >
        {sure}
      </Button>
      <Button ref={back} size={size} variant="default" onClick={() => setAsking(false)}>
        {t("app.cancel")}
      </Button>
    </span>
  );
}
