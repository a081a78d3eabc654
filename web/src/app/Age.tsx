import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { ageOf, taipei, useNow } from "./age";
import type { Micros } from "./api/types";

export function ageText(at_us: Micros, now_ms: number, t: TFunction): string {
  const { unit, count, isFuture } = ageOf(at_us, now_ms);
  return t(`age.${isFuture ? "in" : "ago"}_${unit}`, { count });
}

export function Age({ at, className }: { at: Micros; className?: string }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <time className={className} dateTime={new Date(at / 1000).toISOString()} title={taipei(at)}>
      {ageText(at, now, t)}
    </time>
  );
}
