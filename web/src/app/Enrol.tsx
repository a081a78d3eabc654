// A one-time link becomes a passkey. The token stays behind the # and so out of every log.

import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { identity } from "./api/calls";
import { ApiError, OfflineError } from "./api/client";
import { useArrival } from "./arrival";
import { Doorway } from "./Doorway";
import { HOME } from "./session";
import { Empty, Failure, Loading } from "./states";
import { createPasskey, passkeysPossible, passkeyTrouble } from "./webauthn";

export function Enrol() {
  const { t } = useTranslation();
  const arrive = useArrival();
  const [token] = useState(() => decodeURIComponent(window.location.hash.slice(1)));
  const start = useQuery({
    queryKey: ["enrol", token],
    queryFn: () => identity.enrolStart(token),
    enabled: token !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const isSpent = useRef(false);
  const finish = useMutation({
    mutationFn: async () => {
      // A second try needs a fresh challenge: the first one is spent or has run out.
      const begun = start.data && !isSpent.current ? start.data : await identity.enrolStart(token);
      isSpent.current = true;
      const credential = await createPasskey(begun.options.publicKey);
      return identity.enrolFinish(begun.challenge_id, credential);
    },
    onSuccess: (me) => {
      window.history.replaceState(null, "", "/enrol");
      arrive(me, HOME[me.role]);
    },
  });

  if (!token) {
    return (
      <Doorway title={t("enrol.title")} intro={t("enrol.no_token")}>
        <Button component={Link} href="/sign-in" variant="default">
          {t("signin.button")}
        </Button>
      </Doorway>
    );
  }
  if (start.isLoading) {
    return (
      <Doorway title={t("enrol.title")} intro={t("enrol.checking")}>
        <Loading />
      </Doorway>
    );
  }
  if (start.error) {
    const isOver = start.error instanceof ApiError && start.error.status < 500 && start.error.status !== 429;
    return (
      <Doorway title={t("enrol.title")} intro={isOver ? t("enrol.spent") : t("enrol.not_now")}>
        <Failure error={start.error} {...(isOver ? {} : { onRetry: () => void start.refetch() })} />
        <p className="dim">{t("enrol.ask_again")}</p>
        <Button component={Link} href="/sign-in" variant="default">
          {t("enrol.have_passkey")}
        </Button>
      </Doorway>
    );
  }
  const isOurs = finish.error instanceof ApiError || finish.error instanceof OfflineError;
  return (
    <Doorway title={t("enrol.welcome", { name: start.data?.name })} intro={t("enrol.intro")}>
      <dl className="facts">
        <div>
          <dt>{t("enrol.name")}</dt>
          <dd data-testid="enrol-name">{start.data?.name}</dd>
        </div>
        <div>
          <dt>{t("enrol.role")}</dt>
          <dd data-testid="enrol-role">{start.data && t(`role.${start.data.role}`)}</dd>
        </div>
      </dl>
      {start.data && start.data.models.length > 0 && (
        <p data-testid="enrol-models">
          {t("enrol.models", { models: start.data.models.join(t("enrol.models_and")) })}
        </p>
      )}
      {start.data && start.data.models.length === 0 && !start.data.may_be_synced && (
        <p data-testid="enrol-not-synced">{t("enrol.not_synced")}</p>
      )}
      {!passkeysPossible() && <Empty title={t("signin.unsupported")} hint={t("signin.unsupported_hint")} />}
      <Button
        size="lg"
        fullWidth
        loading={finish.isPending}
        disabled={!passkeysPossible()}
        onClick={() => finish.mutate()}
        data-testid="enrol-button"
      >
        {t("enrol.button")}
      </Button>
      {finish.error && isOurs && <Failure error={finish.error} />}
      {finish.error && !isOurs && (
        <p className="note-warn" role="alert">
          {t(`passkey.${passkeyTrouble(finish.error)}`)}
        </p>
      )}
      <p className="dim">{t("enrol.hint")}</p>
    </Doorway>
  );
}
