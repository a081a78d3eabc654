// Passages by hour and day: darker is more. Every number can be had by pointing or, as a table, by reading.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type HeatDay, hourSums } from "./time";

const LEFT = 62;
/** Sums of the days: the trend. */
const RIGHT_PX = 132;
const SUM_PX = 64;
/** Below this there is no room for them beside the hours. */
const ROOMY_PX = 560;
const TOP = 24;
const BARS = 56;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export function HeatStrip({ days, width }: { days: HeatDay[]; width: number }) {
  const { t } = useTranslation();
  const [at, setAt] = useState<{ day: number; hour: number } | null>(null);
  const right_px = width < ROOMY_PX ? 0 : RIGHT_PX;
  const row_px = days.length > 31 ? 9 : 22;
  const cell = Math.max((width - LEFT - right_px) / 24, 8);
  const all = days.flatMap((day) => day.hours.flatMap((n) => (n === null ? [] : [n])));
  const most = Math.max(...all, 1);
  const sums = hourSums(days);
  const daySums = days.map((day) => day.hours.reduce<number>((sum, n) => sum + (n ?? 0), 0));
  const mostDay = Math.max(...daySums, 1);
  const mostSum = Math.max(...sums, 1);
  const height = TOP + days.length * row_px + BARS + 26;
  const looked = at ? days[at.day] : undefined;
  const number = looked && at ? looked.hours[at.hour] : null;
  const hours = (hour: number) => `${String(hour).padStart(2, "0")}:00`;
  return (
    <figure className="heat">
      <figcaption className="heat-says" aria-live="polite">
        {looked && at
          ? t("lake.heat_cell", {
              day: looked.label,
              hour: hours(at.hour),
              count: number === null ? "—" : (number ?? 0).toLocaleString("en"),
            })
          : t("lake.heat_hint", { most: most.toLocaleString("en") })}
      </figcaption>
      <svg
        width={LEFT + cell * 24 + right_px}
        height={height}
        role="img"
        aria-label={t("lake.heat_label", { count: days.length })}
        onPointerLeave={() => setAt(null)}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const hour = Math.floor((event.clientX - box.left - LEFT) / cell);
          const day = Math.floor((event.clientY - box.top - TOP) / row_px);
          setAt(hour >= 0 && hour < 24 && days[day] ? { day, hour } : null);
        }}
      >
        {right_px > 0 && (
          <text x={LEFT + cell * 24 + 8} y={TOP - 8} className="heat-hour">
            {t("lake.heat_sum")}
          </text>
        )}
        {[0, 3, 6, 9, 12, 15, 18, 21].map((hour) => (
          <text key={hour} x={LEFT + hour * cell + 2} y={TOP - 8} className="heat-hour">
            {hour}
          </text>
        ))}
        {days.map((day, row) => (
          <g key={day.day_us} transform={`translate(0 ${TOP + row * row_px})`}>
            {(row_px > 14 || row % 7 === 0) && (
              <text
                x={LEFT - 8}
                y={row_px / 2 + 5}
                className="heat-day"
                data-weekend={day.isWeekend || undefined}
              >
                {day.label}
              </text>
            )}
            {day.hours.map((n, hour) => {
              const key = `${day.day_us}-${hour}`;
              const place = { x: LEFT + hour * cell, width: cell - 2, height: row_px - 2 };
              if (n === null) return <rect key={key} {...place} className="heat-none" />;
              const isLooked = at?.day === row && at.hour === hour;
              return (
                <rect
                  key={key}
                  {...place}
                  className="heat-cell"
                  data-looked={isLooked || undefined}
                  fillOpacity={0.06 + 0.94 * (n / most) ** 0.8}
                />
              );
            })}
            {right_px > 0 && (
              <>
                <rect
                  x={LEFT + cell * 24 + 8}
                  width={((daySums[row] ?? 0) / mostDay) * SUM_PX}
                  height={row_px - 2}
                  className="heat-bar"
                />
                {row_px > 14 && (
                  <text x={LEFT + cell * 24 + right_px - 8} y={row_px / 2 + 4} className="heat-day">
                    {compact.format(daySums[row] ?? 0)}
                  </text>
                )}
              </>
            )}
          </g>
        ))}
        <g transform={`translate(0 ${TOP + days.length * row_px + 10})`}>
          <text x={LEFT - 8} y={BARS / 2 + 4} className="heat-day">
            {t("lake.heat_sum")}
          </text>
          {sums.map((sum, hour) => {
            const tall = (sum / mostSum) * BARS;
            return (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its index
                key={hour}
                x={LEFT + hour * cell}
                width={cell - 2}
                y={BARS - tall}
                height={tall}
                className="heat-bar"
              />
            );
          })}
          <line x1={LEFT} x2={LEFT + cell * 24 - 2} y1={BARS + 0.5} y2={BARS + 0.5} className="strip-line" />
        </g>
      </svg>
    </figure>
  );
}
