// An act that says why, in one field of words.

import { type ButtonProps, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "./ActForm";

/** As the server has it for what people write beside a decision. */
export const WHY_CHARS_MIN = 5;
export const WHY_CHARS_MAX = 500;

export const saysWhy = (text: string) => [...text.trim()].length >= WHY_CHARS_MIN;

interface Props {
  act: { error: Error | null; isPending: boolean; mutate: (reason: string) => void };
  /** Of the field. */
  label: string;
  /** Of the button. */
  sure: string;
  hint: string;
  /** False: whoever says nothing may go on. */
  isNeeded?: boolean;
  button?: ButtonProps;
  buttonTestId: string;
}

export function ReasonForm({ act, label, sure, hint, isNeeded = true, button, buttonTestId }: Props) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  return (
    <ActForm
      className="stack"
      act={{ ...act, mutate: () => act.mutate(reason.trim()) }}
      label={sure}
      isComplete={!isNeeded || saysWhy(reason)}
      {...(button ? { button } : {})}
      buttonTestId={buttonTestId}
    >
      <p className="dim">{hint}</p>
      <Textarea
        label={label}
        description={
          isNeeded ? t("app.chars", { min: WHY_CHARS_MIN, max: WHY_CHARS_MAX }) : t("app.optional")
        }
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        maxLength={WHY_CHARS_MAX}
        autosize
        minRows={2}
        required={isNeeded}
      />
    </ActForm>
  );
}
