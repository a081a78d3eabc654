// Asks the person to touch the passkey again, when the server wants it before something sensitive.

import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { trust } from "./api/calls.trust";
import { ApiError, OfflineError } from "./api/client";
import { whenStepUpIsAsked } from "./api/stepUp";
import { Failure } from "./states";
import { TrustReasons } from "./TrustReasons";
import { passkeyTrouble, presentPasskey } from "./webauthn";

/** The person in this session touches the passkey again. */
export async function verify(): Promise<void> {
  const { challenge_id, options } = await trust.stepUpStart();
  await trust.stepUpFinish(challenge_id, await presentPasskey(options.publicKey));
}

/** One for the whole app: requests wait for it, and are sent again when it says yes. */
export function StepUpDialog() {
  const { t } = useTranslation();
  const answer = useRef<((isVerified: boolean) => void) | null>(null);
  const [isOpen, setOpen] = useState(false);
  const close = useCallback((isVerified: boolean) => {
    setOpen(false);
    answer.current?.(isVerified);
    answer.current = null;
  }, []);
  const act = useMutation({ mutationFn: verify, onSuccess: () => close(true) });
  const { reset } = act;
  useEffect(() => {
    whenStepUpIsAsked(() => {
      reset();
      setOpen(true);
      return new Promise<boolean>((resolve) => {
        answer.current = resolve;
      });
    });
    return () => {
      whenStepUpIsAsked(null);
      answer.current?.(false);
    };
  }, [reset]);
  const mine = useQuery({ queryKey: ["my-trust"], queryFn: trust.mine, enabled: isOpen, staleTime: 0 });
  const isOurs = act.error instanceof ApiError || act.error instanceof OfflineError;
  return (
    <Modal
      opened={isOpen}
      onClose={() => close(false)}
      title={t("trust.step_up_title")}
      closeButtonProps={{ "aria-label": t("app.close") }}
      data-testid="step-up"
    >
      <div className="stack">
        <p>{t("trust.step_up_text")}</p>
        {mine.data && <TrustReasons reasons={mine.data.reasons} />}
        <p className="dim">{t("trust.step_up_life")}</p>
        {act.error && isOurs && <Failure error={act.error} />}
        {act.error && !isOurs && (
          <p className="note-warn" role="alert">
            {t(`passkey.${passkeyTrouble(act.error)}`)}
          </p>
        )}
        <Button
          size="lg"
          fullWidth
          data-autofocus
          loading={act.isPending}
          onClick={() => act.mutate()}
          data-testid="step-up-yes"
        >
          {t("trust.step_up_yes")}
        </Button>
        <Button size="lg" fullWidth variant="default" onClick={() => close(false)} data-testid="step-up-no">
          {t("trust.step_up_no")}
        </Button>
      </div>
    </Modal>
  );
}
