// On every page of the console: that somebody calls. It sounds when a call begins to ring and again while it rings, where sound is on.

import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useSession } from "../../app/session";
import { useBeeps } from "../Alarm";
import { useCalls } from "./useCalls";
import "./intake.css";

function Bar() {
  const { t } = useTranslation();
  const [path] = useLocation();
  const calls = useCalls().data?.items ?? [];
  const ringing = calls.filter((call) => call.state === "ringing");
  const missed = calls.filter((call) => call.state === "abandoned").length;
  useBeeps(
    ringing.map((call) => call.id),
    ringing.length > 0,
  );
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
