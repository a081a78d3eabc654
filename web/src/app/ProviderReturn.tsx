// The way back from an identity provider. Anybody can make this address: without what this tab kept when it left, nothing of it is sent on.

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { providers } from "./api/calls.providers";
import { useArrival } from "./arrival";
import { Doorway } from "./Doorway";
import { returnOf, takeFlow } from "./providerFlow";
import { safeNext } from "./SignIn";
import { HOME, useSession } from "./session";
import { Failure, Loading } from "./states";

class NotBegunHere extends Error {}

export function ProviderReturn() {
  const { t } = useTranslation();
  const arrive = useArrival();
  const finish = useMutation({
    mutationFn: async () => {
      const back = returnOf(window.location.search);
      // A code stays neither in the history nor on the screen.
      window.history.replaceState(null, "", "/sign-in/provider");
      const kept = takeFlow();
      if (!kept) throw new NotBegunHere();
      return { me: await providers.finish(kept.flow, back), next: kept.next };
    },
    onSuccess: ({ me, next }) => arrive(me, safeNext(next) ?? HOME[me.role]),
  });
  const { mutate } = finish;
  // Who was signed in here before is known first: that answer must not come after this one and sign out again.
  const { isLoading } = useSession();
  const isSent = useRef(false);
  useEffect(() => {
    if (isLoading || isSent.current) return;
    isSent.current = true;
    mutate();
  }, [isLoading, mutate]);
  return (
    <Doorway
      title={t("signin.title")}
      intro={t(finish.error ? "signin.provider_not" : "signin.provider_back")}
    >
      {!finish.error && <Loading />}
      {finish.error instanceof NotBegunHere && (
        <p className="note-warn" role="alert">
          {t("signin.provider_elsewhere")}
        </p>
      )}
      {finish.error && !(finish.error instanceof NotBegunHere) && <Failure error={finish.error} />}
      {finish.error && (
        <Button component={Link} href="/sign-in" variant="default" data-testid="provider-again">
          {t("signin.provider_again")}
        </Button>
      )}
    </Doorway>
  );
}
