// On the console: how many warnings are in force, and the way to them. Nothing where there are none.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Warning } from "../app/api/types.warnings";
import { headlineOf, toneOf } from "./words";

export function WarningsSign({ warnings, now_ms }: { warnings: Warning[]; now_ms: number }) {
  const { t, i18n } = useTranslation();
  const [worst] = warnings;
  if (!worst) return null;
  const isBad = warnings.some((one) => toneOf(one, now_ms) !== "calm");
  return (
    <Button
      size="sm"
      variant="default"
      component={Link}
      href={`/warnings?warning=${worst.id}`}
      title={t("warning.in_force_hint", { headline: headlineOf(worst, i18n.language) })}
      leftSection={
        isBad && (
          <span className="ink-warn" aria-hidden="true">
            ▲
          </span>
        )
      }
      data-testid="warnings-sign"
    >
      {t("warning.in_force_count", { count: warnings.length })}
    </Button>
  );
}
