// What a crew says of itself by radio: whether it can be sent. While it holds an order, the order says what it is.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { desk } from "../../app/api/calls.desk";
import type { Unit, UnitState } from "../../app/api/types";
import { Failure } from "../../app/states";
import { tellDone } from "./undo";

const SAID: UnitState[] = ["available", "busy", "off_duty"];

export function UnitSays({ unit }: { unit: Unit }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const set = useMutation({
    mutationFn: (state: UnitState) => desk.unitState(unit.id, state),
    onSuccess: (now) => {
      const before = unit.state;
      tellDone({
        said: t("desk.unit_set", { call_sign: now.call_sign, state: t(`unit_state.${now.state}`) }),
        undo: SAID.includes(before) ? () => desk.unitState(unit.id, before) : null,
      });
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["units"] }),
  });
  if (!SAID.includes(unit.state)) return <p className="dim">{t("desk.unit_has_order")}</p>;
  return (
    <section>
      <h3 className="section-title">{t("desk.unit_says")}</h3>
      <div className="radio-steps">
        {SAID.map((state) => (
          <Button
            key={state}
            size="compact-sm"
            variant="default"
            aria-pressed={state === unit.state}
            disabled={state === unit.state}
            loading={set.isPending && set.variables === state}
            onClick={() => set.mutate(state)}
            data-testid={`unit-says-${state}`}
          >
            {t(`unit_state.${state}`)}
          </Button>
        ))}
      </div>
      {set.error && <Failure error={set.error} />}
    </section>
  );
}
