// On every page of the console: that somebody behind a link wrote, and nobody has read it.

import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";
import type { LiveCaller } from "../../app/api/types.caller";
import { incidentPath } from "../../app/rooms";
import { useLiveCallers } from "./useCaller";
import "../intake/intake.css";

const pathOf = ({ call, incident }: LiveCaller): string =>
  incident ? incidentPath(incident) : `/command?new=call&call=${encodeURIComponent(call)}`;

export function CallersBar() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const callers = useLiveCallers().data ?? [];
  // Whose thread stands open is read there.
  const isOpen = ({ call, incident }: LiveCaller) =>
    params.get("call") === call || (incident !== null && params.get("incident") === incident);
  const waiting = callers.filter((caller) => caller.unread > 0 && !isOpen(caller));
  if (waiting.length === 0) return null;
  return (
    <section className="call-bar" data-ringing aria-label={t("caller.bar")}>
      {waiting.map((caller) => (
        <Link key={caller.call} href={pathOf(caller)} data-testid="callers-bar">
          <strong role="alert">
            {t("caller.bar_unread", { number: caller.number, count: caller.unread })}
          </strong>
          {caller.is_silent && <span>▲ {t("caller.is_silent")}</span>}
        </Link>
      ))}
    </section>
  );
}
