// The closed list of reasons why something is not done: one press says it and does it.

import { Button } from "@mantine/core";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Asked } from "./api/types.reasons";
import { sayReason } from "./reasonText";
import { useFocusBack } from "./useFocusBack";

interface Props<Code extends string> {
  /** What was asked and is not done: it says in which words. */
  asked: Asked;
  title: string;
  codes: readonly Code[];
  isBusy?: boolean;
  size?: "sm" | "md" | "lg";
  onPick: (code: Code) => void;
  onBack: () => void;
}

/** Is there only while it is open: the keyboard comes to its first reason, and goes back to where it was. */
export function ReasonButtons<Code extends string>({
  asked,
  title,
  codes,
  isBusy = false,
  size = "sm",
  onPick,
  onBack,
}: Props<Code>) {
  const { t } = useTranslation();
  const list = useRef<HTMLFieldSetElement>(null);
  useFocusBack();
  useEffect(() => list.current?.querySelector("button")?.focus(), []);
  const press = (event: KeyboardEvent) => {
    // The Enter that opened the list, held too long, must not give the first reason in it.
    if (event.repeat && event.key === "Enter") event.preventDefault();
    if (event.key !== "Escape") return;
    // It closes this, and not the card behind it as well.
    event.stopPropagation();
    onBack();
  };
  return (
    <fieldset ref={list} className="reason-buttons" onKeyDown={press} data-testid="reasons">
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
          {sayReason(asked, code, t)}
        </Button>
      ))}
      <Button size={size} variant="subtle" onClick={onBack} data-testid="reasons-back">
        {t("app.back")}
      </Button>
    </fieldset>
  );
}
