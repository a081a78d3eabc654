import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";
import { useUnsentCry } from "../panic/usePanicQueue";
import { identity } from "./api/calls";
import { ApiError, BLOCKED, OfflineError } from "./api/client";
import { useArrival } from "./arrival";
import { Doorway } from "./Doorway";
import { ProviderButtons } from "./ProviderButtons";
import { HOME, LOST } from "./session";
import { Empty, Failure } from "./states";
import { passkeysPossible, passkeyTrouble, presentPasskey } from "./webauthn";

/** Only ways inside this app: a foreign address in `next` is ignored. */
export function safeNext(next: string | null): string | null {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : null;
}

export function SignIn() {
  const { t } = useTranslation();
  const arrive = useArrival();
  const [params] = useSearchParams();
  const act = useMutation({
    mutationFn: async () => {
      const { challenge_id, options } = await identity.signInStart();
      const credential = await presentPasskey(options.publicKey);
      return identity.signInFinish(challenge_id, credential);
    },
    onSuccess: (me) => arrive(me, safeNext(params.get("next")) ?? HOME[me.role]),
  });
  const isCrying = useUnsentCry();
  const wasBlocked = useQueryClient().getQueryData(LOST) === BLOCKED;
  const isOurs = act.error instanceof ApiError || act.error instanceof OfflineError;
  return (
    <Doorway title={t("signin.title")} intro={t("signin.intro")}>
      {isCrying && (
        <div className="panic-note" role="alert" data-testid="panic-unsent">
          <p className="panic-big">▲ {t("panic.unsent")}</p>
          <p>{t("panic.unsent_radio")}</p>
          <p>{t("panic.unsent_sign_in")}</p>
        </div>
      )}
      {wasBlocked && (
        <p className="note-warn" role="alert" data-testid="was-blocked">
          {t("trust.was_blocked")}
        </p>
      )}
      {!passkeysPossible() && <Empty title={t("signin.unsupported")} hint={t("signin.unsupported_hint")} />}
      <Button
        size="lg"
        fullWidth
        loading={act.isPending}
        disabled={!passkeysPossible()}
        onClick={() => act.mutate()}
        data-testid="sign-in-button"
      >
        {t("signin.button")}
      </Button>
      {act.error && isOurs && <Failure error={act.error} />}
      {act.error && !isOurs && (
        <p className="note-warn" role="alert">
          {t(`passkey.${passkeyTrouble(act.error)}`)}
        </p>
      )}
      <ProviderButtons next={params.get("next")} />
      <p className="dim">{t("signin.no_account")}</p>
      <Link href="/citizens" className="plain-link">
        {t("citizens.from_outside")}
      </Link>
    </Doorway>
  );
}
