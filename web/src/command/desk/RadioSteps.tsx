// The next step of an order, written down for a crew that said it by radio.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { desk } from "../../app/api/calls.desk";
import { type Assignment, CLOSING_CODES } from "../../app/api/types";
import { Failure } from "../../app/states";
import { nextStep } from "./steps";

export function RadioSteps({ assignment }: { assignment: Assignment }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isClosing, setClosing] = useState(false);
  const take = useMutation({
    mutationFn: (step: Parameters<typeof desk.step>[1]) => desk.step(assignment.id, step),
    onSettled: () => {
      setClosing(false);
      for (const key of ["incidents", "units"]) void client.invalidateQueries({ queryKey: [key] });
    },
  });
  const next = nextStep(assignment);
  if (!next) return null;
  return (
    <div className="radio-steps" data-testid="radio-steps">
      <span className="dim">{t("desk.by_radio")}</span>
      {next !== "close" && (
        <Button
          size="compact-sm"
          variant="default"
          loading={take.isPending}
          onClick={() => take.mutate({ step: next })}
          data-testid="radio-step"
          data-step={next}
        >
          {t(`desk.step.${next}`)}
        </Button>
      )}
      {next === "close" && !isClosing && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => setClosing(true)}
          data-testid="radio-clear"
        >
          {t("desk.step.close")}
        </Button>
      )}
      {next === "close" &&
        isClosing &&
        CLOSING_CODES.map((code) => (
          <Button
            key={code}
            size="compact-sm"
            variant="default"
            loading={take.isPending}
            onClick={() => take.mutate({ step: "close", code, text: "" })}
            data-testid="radio-close"
            data-code={code}
          >
            {t(`closing_code.${code}`)}
          </Button>
        ))}
      {take.error && <Failure error={take.error} />}
    </div>
  );
}
