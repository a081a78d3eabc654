import { Button, Textarea } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { type AssignmentState, type AssignmentStep, CLOSING_CODES, type ClosingCode } from "../app/api/types";
import { DECLINING, type Declining } from "../app/api/types.reasons";
import { sayReason } from "../app/reasonText";
import { Codes } from "./Codes";

const NEXT: Partial<Record<AssignmentState, "accept" | "en_route" | "on_scene">> = {
  offered: "accept",
  accepted: "en_route",
  en_route: "on_scene",
};

type Sheet = "none" | "decline" | "reply" | "close";

interface Props {
  state: AssignmentState;
  /** Beside the reply in words, once the order is accepted. */
  photo: ReactNode;
  /** False when the phone holds too many unsent steps. */
  onStep: (step: AssignmentStep) => boolean;
}

export function Steps({ state, photo, onStep }: Props) {
  const { t } = useTranslation();
  const [sheet, setSheet] = useState<Sheet>("none");
  const [text, setText] = useState("");
  const [code, setCode] = useState<ClosingCode | null>(null);
  const [why, setWhy] = useState<Declining | null>(null);
  const [isFull, setFull] = useState(false);
  const next = NEXT[state];

  const take = (step: AssignmentStep) => {
    if (!onStep(step)) return setFull(true);
    setSheet("none");
    setText("");
  };

  const field = (label: string, testId: string, isRequired: boolean) => (
    <Textarea
      label={label}
      size="md"
      autosize
      minRows={2}
      maxLength={1000}
      autoFocus={isRequired}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      data-testid={testId}
    />
  );
  const back = (
    <Button size="lg" variant="default" onClick={() => setSheet("none")}>
      {t("app.back")}
    </Button>
  );

  return (
    <div className="steps">
      {isFull && (
        <p className="note-warn" role="alert">
          {t("patrol.queue_full")}
        </p>
      )}
      {sheet === "decline" && (
        <>
          <Codes
            legend={t("reasons.why_not_order")}
            codes={DECLINING}
            chosen={why}
            onChoose={setWhy}
            say={(one) => sayReason("order", one, t)}
            testId="decline-code"
          />
          {field(t("patrol.decline_note"), "decline-note", false)}
          <div className="two">
            {back}
            <Button
              size="lg"
              color="red"
              disabled={!why}
              onClick={() => why && take({ step: "decline", code: why, reason: text.trim() })}
              data-testid="step-decline-send"
            >
              {t("step.decline")}
            </Button>
          </div>
        </>
      )}
      {sheet === "reply" && (
        <>
          {field(t("patrol.reply_text"), "reply-input", true)}
          <div className="two">
            {back}
            <Button
              size="lg"
              disabled={!text.trim()}
              onClick={() => take({ step: "reply", text: text.trim() })}
              data-testid="step-reply"
            >
              {t("patrol.reply_send")}
            </Button>
          </div>
        </>
      )}
      {sheet === "close" && (
        <>
          <Codes
            legend={t("patrol.closing_code")}
            codes={CLOSING_CODES.filter((one) => one !== "cancelled")}
            chosen={code}
            onChoose={setCode}
            say={(one) => t(`closing_code.${one}`)}
            testId="closing-code"
          />
          {field(t("patrol.closing_note"), "closing-text", false)}
          <div className="two">
            {back}
            <Button
              size="lg"
              disabled={!code}
              onClick={() => code && take({ step: "close", code, text: text.trim() })}
              data-testid="step-close"
            >
              {t("step.close")}
            </Button>
          </div>
        </>
      )}
      {sheet === "none" && (
        <>
          {next && (
            <Button
              className="step-next"
              fullWidth
              onClick={() => take({ step: next })}
              data-testid={`step-${next}`}
            >
              {t(`step.${next}`)}
            </Button>
          )}
          {state === "on_scene" && (
            <Button
              className="step-next"
              fullWidth
              onClick={() => setSheet("close")}
              data-testid="step-close"
            >
              {t("step.close")}
            </Button>
          )}
          <div className="two">
            {state === "offered" ? (
              <Button
                size="lg"
                variant="default"
                onClick={() => setSheet("decline")}
                data-testid="step-decline"
              >
                {t("patrol.decline_more")}
              </Button>
            ) : (
              <>
                <Button
                  size="lg"
                  variant="default"
                  onClick={() => setSheet("reply")}
                  data-testid="step-reply"
                >
                  {t("step.reply")}
                </Button>
                {photo}
              </>
            )}
          </div>
        </>
      )}
    </div>
  );
}
