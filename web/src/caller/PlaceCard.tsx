// Where the phone is, how sure that is and how old, and one button that ends it.

import { useEffect, useState } from "react";
import type { CallerLine, LineState } from "./line";
import type { Say } from "./words";

function useSeconds(): number {
  const [now_ms, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now_ms;
}

/** The circle grows with the doubt: a full one is 200 m and more. */
function Circle({ accuracy_m }: { accuracy_m: number }) {
  const radius = 6 + Math.min(1, accuracy_m / 200) * 22;
  return (
    <svg className="caller-circle" viewBox="0 0 64 64" aria-hidden="true">
      <circle cx="32" cy="32" r={radius} className="caller-doubt" />
      <circle cx="32" cy="32" r="4" className="caller-dot" />
    </svg>
  );
}

function Trouble({ state, say }: { state: LineState; say: Say }) {
  const { trouble, refused } = state;
  if (!trouble && !refused) return null;
  return (
    <div className="caller-warn" data-testid="place-trouble" data-trouble={trouble ?? refused}>
      <p>▲ {say(trouble ?? refused ?? "unavailable")}</p>
      {trouble === "denied" && <p>{say("denied_how")}</p>}
    </div>
  );
}

export function PlaceCard({ line, state, say }: { line: CallerLine; state: LineState; say: Say }) {
  const now_ms = useSeconds();
  const { fix, sent_ms, wantsToShare } = state;
  return (
    <section className="caller-panel" data-testid="place-card" data-sharing={wantsToShare || undefined}>
      {wantsToShare ? (
        <div className="caller-place">
          {fix && <Circle accuracy_m={fix.accuracy_m} />}
          <div>
            <strong>{say(fix ? "sharing" : "sharing_find")}</strong>
            {fix && (
              <p data-testid="accuracy">
                {say("accuracy", { metres: Math.max(1, Math.round(fix.accuracy_m)) })}
                {sent_ms !== null &&
                  ` · ${say("sent_ago", { seconds: Math.max(0, Math.round((now_ms - sent_ms) / 1_000)) })}`}
              </p>
            )}
          </div>
        </div>
      ) : (
        <strong>{say("stopped")}</strong>
      )}
      <Trouble state={state} say={say} />
      {wantsToShare ? (
        <>
          <p className="caller-dim">{say("keep_open")}</p>
          <button
            type="button"
            className="caller-button"
            onClick={() => line.share(false)}
            data-testid="stop-sharing"
          >
            {say("stop")}
          </button>
        </>
      ) : (
        <button
          type="button"
          className="caller-button caller-main"
          onClick={() => line.share(true)}
          data-testid="start-sharing"
        >
          {say("share")}
        </button>
      )}
    </section>
  );
}
