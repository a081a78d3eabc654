// A trajectory on a line of time: passages as ticks, gaps as hatching, impossible speeds as triangles.

import { useElementSize } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import type { Id } from "../../app/api/types";
import type { Leg } from "../../app/api/types.lake";
import { ticks } from "./time";

const HEIGHT = 64;
const LINE = 26;

export function TimeStrip({
  legs,
  chosen,
  onChoose,
}: {
  legs: Leg[];
  chosen: Id | null;
  onChoose: (id: Id) => void;
}) {
  const { t } = useTranslation();
  const { ref, width } = useElementSize();
  const from_us = legs[0]?.captured_at_us ?? 0;
  const until_us = legs.at(-1)?.captured_at_us ?? 1;
  const wide = Math.max(width, 100);
  const x = (at_us: number) => 10 + ((at_us - from_us) / Math.max(until_us - from_us, 1)) * (wide - 20);
  const pairs = legs.slice(1).map((leg, at) => ({ leg, before: legs[at] ?? leg }));
  // A pointer's way; the list below is the keyboard's way to the same passage.
  const nearest = (at_x: number) => {
    const away = (leg: Leg) => Math.abs(x(leg.captured_at_us) - at_x);
    return legs.reduce<Leg | null>((best, leg) => (best && away(best) <= away(leg) ? best : leg), null);
  };
  return (
    <div ref={ref} className="time-strip">
      <svg
        width={wide}
        height={HEIGHT}
        role="img"
        aria-label={t("lake.strip_label", { count: legs.length })}
        onPointerDown={(event) => {
          const leg = nearest(event.clientX - event.currentTarget.getBoundingClientRect().left);
          if (leg) onChoose(leg.id);
        }}
      >
        <defs>
          <pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="6" stroke="var(--line-strong)" strokeWidth="2" />
          </pattern>
        </defs>
        {ticks(from_us, until_us, wide / 90).map((tick) => (
          <g key={tick.at_us}>
            <line
              x1={x(tick.at_us)}
              x2={x(tick.at_us)}
              y1={LINE - 14}
              y2={LINE + 14}
              className="strip-grid"
            />
            <text x={Math.min(Math.max(x(tick.at_us), 22), wide - 22)} y={HEIGHT - 5} className="strip-text">
              {tick.label}
            </text>
          </g>
        ))}
        <line x1={10} x2={wide - 10} y1={LINE} y2={LINE} className="strip-line" />
        {pairs.map(({ leg, before }) =>
          leg.is_gap ? (
            <rect
              key={leg.id}
              x={x(before.captured_at_us)}
              width={Math.max(x(leg.captured_at_us) - x(before.captured_at_us), 2)}
              y={LINE - 7}
              height={14}
              fill="url(#gap)"
            />
          ) : null,
        )}
        {legs.map((leg) => (
          <g key={leg.id} className="strip-mark" data-chosen={leg.id === chosen || undefined}>
            <line x1={x(leg.captured_at_us)} x2={x(leg.captured_at_us)} y1={LINE - 10} y2={LINE + 10} />
          </g>
        ))}
        {pairs.map(({ leg, before }) => {
          if (!leg.doubt) return null;
          const middle = (x(before.captured_at_us) + x(leg.captured_at_us)) / 2;
          return <path key={leg.id} d={`M${middle} 0 l8 13 h-16 z`} className="strip-alarm" />;
        })}
      </svg>
    </div>
  );
}
