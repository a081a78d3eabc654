// Crews on the console: who sits in a unit, when that changes, and who should have gone home.

import "./shifts.css";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { taipeiTime } from "../app/age";
import type { Id } from "../app/api/types";
import type { Shift } from "../app/api/types.shifts";
import { useShiftBoard } from "./useShiftBoard";

export const hour = (shift: Shift, end: "from_us" | "until_us"): string => taipeiTime(shift[end]).slice(0, 5);

/** Above the map: how many crews are past the end of their shift. */
export function PastEndSign() {
  const { t } = useTranslation();
  const board = useShiftBoard();
  const late = (board.data?.crews ?? []).filter((crew) => crew.past_end.length > 0);
  if (late.length === 0) return null;
  return (
    <Link href="/dispatch/shifts" className="past-end-sign" data-testid="past-end-sign">
      ▲ {t("shift.past_end_count", { count: late.length })}
      <span className="unseen">
        {t("app.colon")}
        {late.map((crew) => crew.call_sign).join(t("app.list_joiner"))}
      </span>
    </Link>
  );
}

/** In a unit's card. */
export function CrewLines({ unit }: { unit: Id }) {
  const { t } = useTranslation();
  const board = useShiftBoard();
  const crew = board.data?.crews.find((one) => one.unit === unit);
  if (!crew) return null;
  return (
    <dl className="facts" data-testid="unit-crew">
      {crew.past_end.length > 0 && (
        <div>
          <dt>{t("shift.past_end")}</dt>
          <dd className="ink-warn">
            ▲{" "}
            {crew.past_end
              .map((shift) => t("shift.until", { name: shift.name, time: hour(shift, "until_us") }))
              .join(t("app.list_joiner"))}
          </dd>
        </div>
      )}
      {crew.on.length > 0 && (
        <div>
          <dt>{t("shift.on")}</dt>
          <dd>
            {crew.on.map((shift) => (
              <span key={shift.id} className="crew-member">
                {shift.joined_at_us === null ? "○" : "●"} {shift.name}{" "}
                <span className="dim">
                  {hour(shift, "from_us")}–{hour(shift, "until_us")}
                  {shift.joined_at_us === null && ` · ${t("shift.not_joined")}`}
                </span>
              </span>
            ))}
          </dd>
        </div>
      )}
      {crew.next && (
        <div>
          <dt>{t("shift.next")}</dt>
          <dd>
            {hour(crew.next, "from_us")} {crew.next.name}
          </dd>
        </div>
      )}
    </dl>
  );
}
