// On every page of the console: that somebody calls. It sounds when a call begins to ring and again while it rings, where sound is on.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import type { Id } from "../../app/api/types";
import type { Call } from "../../app/api/types.intake";
import { useSession } from "../../app/session";
import { useSetting } from "../../app/settings";
import { beep } from "../Alarm";
import { useCalls } from "./useCalls";
import "./intake.css";

const AGAIN_MS = 10_000;

function useSound(calls: Call[]): void {
  const isOn = useSetting("sound");
  const ids = calls.map((call) => call.id).join(" ");
  const known = useRef(new Set<Id>());
  useEffect(() => {
    const fresh = ids.split(" ").filter((id) => id && !known.current.has(id));
    for (const id of fresh) known.current.add(id);
    if (fresh.length > 0 && isOn) beep();
  }, [ids, isOn]);
  const doesRing = calls.length > 0;
  useEffect(() => {
    if (!doesRing || !isOn) return;
    const timer = setInterval(beep, AGAIN_MS);
    return () => clearInterval(timer);
  }, [doesRing, isOn]);
}

function Bar() {
  const { t } = useTranslation();
  const [path] = useLocation();
  const calls = useCalls().data?.items ?? [];
  const ringing = calls.filter((call) => call.state === "ringing");
  const missed = calls.filter((call) => call.state === "abandoned").length;
  useSound(ringing);
  // There the calls themselves stand above the queue.
  if (path.startsWith("/command") || ringing.length + missed === 0) return null;
  return (
    <section
      className="call-bar"
      aria-label={t("calls.waiting")}
      data-ringing={ringing.length > 0 || undefined}
    >
      <Link href="/command" data-testid="call-bar">
        {ringing.length > 0 && (
          <strong role="alert">{t("calls.ringing_count", { count: ringing.length })}</strong>
        )}
        {missed > 0 && <span>{t("calls.missed_count", { count: missed })}</span>}
      </Link>
    </section>
  );
}

export function CallBar() {
  const { may } = useSession();
  return may("calls.take") ? <Bar /> : null;
}
