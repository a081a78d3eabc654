import { Button } from "@mantine/core";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  accept: string;
  label: string;
  hint: string;
  /** Bytes; a larger file is refused here, before it travels. */
  limit: number;
  isBusy?: boolean;
  onFile: (file: File) => void;
  testId: string;
}

export function DropFile({ accept, label, hint, limit, isBusy = false, onFile, testId }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [isTooLarge, setTooLarge] = useState(false);
  const take = (file: File | undefined) => {
    if (!file) return;
    setTooLarge(file.size > limit);
    if (file.size <= limit) onFile(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first
    <div
      className="drop"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <strong>{label}</strong>
      <span className="dim">{hint}</span>
      <Button variant="default" loading={isBusy} onClick={() => input.current?.click()}>
        {t("drop.choose")}
      </Button>
      <input
        ref={input}
        className="unseen"
        type="file"
        accept={accept}
        aria-label={label}
        tabIndex={-1}
        data-testid={testId}
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      {isTooLarge && (
        <span className="ink-warn" role="alert">
          {t("drop.too_large", { mb: Math.round(limit / 1_048_576) })}
        </span>
      )}
    </div>
  );
}
