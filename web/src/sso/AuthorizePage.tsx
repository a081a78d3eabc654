// The authorization endpoint: a tool has sent the browser here to ask who the person is. It is a page because the session's key is this page's: a plain link proves nothing.

import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, Redirect } from "wouter";
import { sso } from "../app/api/calls.sso";
import { ApiError } from "../app/api/client";
import type { Me } from "../app/api/types";
import type { SsoDecision, SsoRequest } from "../app/api/types.sso";
import { Doorway } from "../app/Doorway";
import { StepUpDialog, verify } from "../app/StepUpDialog";
import { useSession } from "../app/session";
import { Failure, Loading } from "../app/states";
import { passkeyTrouble } from "../app/webauthn";
import { leave } from "./goal";
import { TellsTool, useToolTitle } from "./TellsTool";

/** Another tab has signed somebody else in since this page was loaded. */
const OTHER_PERSON = "sso.authorization.other_person";

/** The browser is on its way to the tool. */
function Leaving({ url }: { url: string }) {
  const { t } = useTranslation();
  useEffect(() => leave(url), [url]);
  return (
    <Doorway title={t("sso.title")} intro={t("sso.leaving")}>
      <Loading />
    </Doorway>
  );
}

function Wrong({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <Doorway title={t("sso.wrong")} intro={t("sso.wrong_hint")}>
      <Failure error={error} />
      <Button component={Link} href="/" variant="default" data-testid="sso-home">
        {t("sso.home")}
      </Button>
    </Doorway>
  );
}

function Decide({ query, request, me }: { query: string; request: SsoRequest; me: Me }) {
  const { t } = useTranslation();
  const { silent_url, denied_url } = request;
  const decide = useMutation({
    mutationFn: (decision: SsoDecision) => sso.decide(query, me.id, decision),
    onSuccess: ({ step, url }) => {
      if (step === "go" && url) leave(url);
    },
    onError: (error) => {
      if (silent_url && error instanceof ApiError) leave(silent_url);
    },
  });
  // What was said before the passkey was asked for is still said after it.
  const touch = useMutation({
    mutationFn: verify,
    onSuccess: () => decide.mutate(decide.variables ?? "ask"),
  });
  const { mutate } = decide;
  const isSent = useRef(false);
  useEffect(() => {
    if (isSent.current) return;
    isSent.current = true;
    mutate("ask");
  }, [mutate]);
  const title = useToolTitle(request.tool);
  const { data, error } = decide;
  if (error && !silent_url) {
    const isOther = error instanceof ApiError && error.key === OTHER_PERSON;
    const again = () => (isOther ? window.location.reload() : mutate(decide.variables ?? "ask"));
    return (
      <Doorway title={title} intro={t("sso.not")}>
        <Failure error={error} onRetry={again} />
        <Button variant="default" onClick={() => leave(denied_url)} data-testid="sso-back">
          {t("sso.back")}
        </Button>
      </Doorway>
    );
  }
  if (!data || data.step === "go" || error) {
    return (
      <Doorway title={title} intro={t(data ? "sso.leaving" : "sso.checking")}>
        <Loading />
      </Doorway>
    );
  }
  if (data.step === "refused") {
    return (
      <Doorway title={title} intro={t("sso.not")}>
        <p className="note-warn" role="alert" data-testid="sso-refused">
          {t("sso.refused", { role: t(`role.${me.role}`) })}
        </p>
        <Button variant="default" onClick={() => leave(data.url ?? denied_url)} data-testid="sso-back">
          {t("sso.back")}
        </Button>
      </Doorway>
    );
  }
  if (data.step === "verify") {
    return (
      <Doorway title={title} intro={t("sso.verify")}>
        {touch.error && (
          <p className="note-warn" role="alert">
            {t(`passkey.${passkeyTrouble(touch.error)}`)}
          </p>
        )}
        <Button
          size="lg"
          fullWidth
          loading={touch.isPending}
          onClick={() => touch.mutate()}
          data-testid="sso-verify"
        >
          {t("trust.step_up_yes")}
        </Button>
        <Button size="lg" fullWidth variant="default" onClick={() => mutate("no")} data-testid="sso-no">
          {t("sso.no")}
        </Button>
      </Doorway>
    );
  }
  return (
    <Doorway title={title} intro={t("sso.confirm", { host: request.tool.host })}>
      <TellsTool tool={data.tool} me={me} />
      <Button size="lg" fullWidth onClick={() => mutate("yes")} data-testid="sso-yes">
        {t("sso.yes")}
      </Button>
      <Button size="lg" fullWidth variant="default" onClick={() => mutate("no")} data-testid="sso-no">
        {t("sso.no")}
      </Button>
    </Doorway>
  );
}

export default function AuthorizePage() {
  const { t } = useTranslation();
  const { me, isLoading, error } = useSession();
  const query = window.location.search.slice(1);
  const request = useQuery({
    queryKey: ["sso-request", query],
    queryFn: () => sso.look(query),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const failed = request.error ?? (me ? null : error);
  if (failed) return <Wrong error={failed} />;
  if (isLoading || !request.data) {
    return (
      <Doorway title={t("sso.title")} intro={t("sso.checking")}>
        <Loading />
      </Doorway>
    );
  }
  const { silent_url, refused_url } = request.data;
  // Who is signed in hears of it in the log too, by asking.
  if (refused_url && !me) return <Leaving url={refused_url} />;
  if (!me && silent_url) return <Leaving url={silent_url} />;
  if (!me) return <Redirect to={`/sign-in?next=${encodeURIComponent(`/authorize?${query}`)}`} replace />;
  return (
    <>
      {!silent_url && <StepUpDialog />}
      <Decide query={query} request={request.data} me={me} />
    </>
  );
}
