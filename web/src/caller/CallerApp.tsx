// The caller's own page: one question, then where you are, what is said, and a way to 110 at any time. One thumb, one hand, in the dark.

import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { callerPage } from "../app/api/calls.caller";
import { newKey } from "../app/api/client";
import { Blank } from "./Blank";
import { CallerLine, type LineState } from "./line";
import { PlaceCard } from "./PlaceCard";
import type { End } from "./rules";
import { Thread } from "./Thread";
import { useAwake } from "./useAwake";
import { type Language, type Say, sayIn } from "./words";

const SILENT = "shouhu.caller.silent";
const ENDS: Record<End, { title: Parameters<Say>[0]; hint: Parameters<Say>[0] }> = {
  expired: { title: "end_expired", hint: "end_expired_hint" },
  revoked: { title: "end_revoked", hint: "end_revoked_hint" },
  ended: { title: "end_ended", hint: "end_ended_hint" },
  unknown: { title: "end_unknown", hint: "end_unknown_hint" },
};

function wasSilent(): boolean {
  try {
    return sessionStorage.getItem(SILENT) === "1";
  } catch {
    return false;
  }
}

function Dial({ say }: { say: Say }) {
  return (
    <a className="caller-button caller-dial" href="tel:110" data-testid="dial">
      {say("dial")}
    </a>
  );
}

function Ended({ end, say }: { end: End; say: Say }) {
  const { title, hint } = ENDS[end];
  return (
    <section className="caller-end" role="status" data-testid="caller-end" data-end={end}>
      <h2>{say(title)}</h2>
      <p>{say(hint)}</p>
      <Dial say={say} />
    </section>
  );
}

function Silent({
  isSilent,
  onChange,
  say,
}: {
  isSilent: boolean;
  onChange: (on: boolean) => void;
  say: Say;
}) {
  return (
    <button
      type="button"
      className="caller-button caller-silent"
      aria-pressed={isSilent}
      onClick={() => onChange(!isSilent)}
      data-testid="silent"
    >
      {isSilent ? say("silent_off") : say("silent_on")}
      {!isSilent && <small>{say("silent_hint")}</small>}
    </button>
  );
}

function Consent({ line, say }: { line: CallerLine; say: Say }) {
  return (
    <section className="caller-consent">
      <p>{say("consent")}</p>
      <button
        type="button"
        className="caller-button caller-main"
        onClick={() => line.agree(true)}
        data-testid="agree-share"
      >
        {say("agree_share")}
      </button>
      <button
        type="button"
        className="caller-button"
        onClick={() => line.agree(false)}
        data-testid="agree-only"
      >
        {say("agree_only")}
      </button>
    </section>
  );
}

/** One short tremor for an answer, unless nobody may know that there is a phone. */
function useTremor(state: LineState) {
  const answers = state.words.filter((word) => word.side === "centre").length;
  const { isSilent } = state;
  useEffect(() => {
    if (answers > 0 && !isSilent) navigator.vibrate?.(120);
  }, [answers, isSilent]);
}

function Open({ token, say }: { token: string; say: Say }) {
  const line = useMemo(
    () => new CallerLine(callerPage(token), navigator.geolocation, newKey, wasSilent()),
    [token],
  );
  const state = useSyncExternalStore(line.subscribe, line.snapshot);
  const [isBlank, setBlank] = useState(false);
  useEffect(() => {
    line.begin();
    const back = () => document.visibilityState === "visible" && line.kick();
    document.addEventListener("visibilitychange", back);
    window.addEventListener("online", back);
    return () => {
      document.removeEventListener("visibilitychange", back);
      window.removeEventListener("online", back);
      line.leave();
    };
  }, [line]);
  const { isSilent, page, end } = state;
  useTremor(state);
  useAwake(state.wantsToShare && !end);
  useEffect(() => {
    document.documentElement.dataset.silent = String(isSilent);
  }, [isSilent]);
  const silence = useCallback(
    (on: boolean) => {
      line.silence(on);
      try {
        sessionStorage.setItem(SILENT, on ? "1" : "0");
      } catch {
        // A browser that keeps nothing begins loudly again.
      }
    },
    [line],
  );
  if (end) return <Ended end={end} say={say} />;
  const hasAgreed = state.wantsToAgree || page?.is_agreed === true;
  return (
    <>
      {isBlank && <Blank onBack={() => setBlank(false)} say={say} />}
      {state.isOffline && (
        <p className="caller-warn" role={isSilent ? undefined : "alert"} data-testid="offline">
          <strong>▲ {say("offline")}</strong> {say("offline_hint")}
        </p>
      )}
      {!page && !state.isOffline && <p className="caller-dim">{say("loading")}</p>}
      {page && <p className="caller-dim">{say("number", { number: page.number })}</p>}
      {page && !hasAgreed && <Consent line={line} say={say} />}
      {hasAgreed && (
        <>
          <PlaceCard line={line} state={state} say={say} />
          <Thread line={line} state={state} say={say} />
        </>
      )}
      <div className="caller-two">
        <Silent isSilent={isSilent} onChange={silence} say={say} />
        {isSilent ? (
          <button
            type="button"
            className="caller-button"
            onClick={() => setBlank(true)}
            data-testid="blank-on"
          >
            {say("blank")}
            <small>{say("blank_hint")}</small>
          </button>
        ) : (
          <Dial say={say} />
        )}
      </div>
      {/* Out of the way of a thumb that must not make a sound. */}
      {isSilent && <Dial say={say} />}
      {page && (
        <p className="caller-dim">{say("ends_in", { minutes: Math.max(0, Math.round(page.rest_s / 60)) })}</p>
      )}
    </>
  );
}

export function CallerApp({ token }: { token: string | null }) {
  const [language, setLanguage] = useState<Language>(navigator.language.startsWith("en") ? "en" : "zh-TW");
  const say = useMemo(() => sayIn(language), [language]);
  useEffect(() => {
    document.documentElement.lang = language === "en" ? "en" : "zh-Hant-TW";
  }, [language]);
  return (
    <main className="caller">
      <header className="caller-head">
        <h1>{say("title")}</h1>
        <button
          type="button"
          className="caller-button caller-language"
          onClick={() => setLanguage(language === "en" ? "zh-TW" : "en")}
          lang={language === "en" ? "zh-Hant-TW" : "en"}
          data-testid="language"
        >
          {say("other_language")}
        </button>
      </header>
      {token ? <Open token={token} say={say} /> : <Ended end="unknown" say={say} />}
    </main>
  );
}
