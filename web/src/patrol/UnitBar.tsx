import { Button, Menu, UnstyledButton } from "@mantine/core";
import { type UseQueryResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { units as unitCalls } from "../app/api/calls";
import type { ReportPosition, Unit, UnitState } from "../app/api/types";
import { Icon } from "../app/icons";
import { Answer, Empty, Failure } from "../app/states";
import type { PositionState } from "./position";

function useJoin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (unit: Unit) => unitCalls.join(unit.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["me"] });
      await client.invalidateQueries({ queryKey: ["units"] });
      await client.invalidateQueries({ queryKey: ["my-assignments"] });
    },
  });
}

interface PickerProps {
  units: UseQueryResult<Unit[]>;
  /** What is nearer at hand than the list. */
  first?: ReactNode;
  children?: ReactNode;
}

export function UnitPicker({ units, first, children }: PickerProps) {
  const { t } = useTranslation();
  const join = useJoin();
  return (
    <div className="patrol">
      {first}
      <h1>{t("patrol.which_unit")}</h1>
      <p className="dim">{t("patrol.which_unit_hint")}</p>
      {join.error && <Failure error={join.error} />}
      <Answer query={units}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={t("patrol.no_units")} hint={t("patrol.no_units_hint")} />
          ) : (
            <ul className="unit-list">
              {list.map((unit) => (
                <li key={unit.id}>
                  <Button
                    fullWidth
                    variant="default"
                    size="lg"
                    justify="space-between"
                    rightSection={<span className="dim">{t(`unit_kind.${unit.kind}`)}</span>}
                    loading={join.isPending && join.variables.id === unit.id}
                    onClick={() => join.mutate(unit)}
                    data-testid="join-unit"
                    data-unit={unit.call_sign}
                  >
                    {unit.call_sign}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {children}
    </div>
  );
}

const OWN_STATES: UnitState[] = ["available", "busy", "off_duty"];

/** The state that somebody else gave the unit: a dispatcher, or a colleague on another phone. It stands until the next change. */
function useToldState(state: UnitState | undefined, mine: UnitState | undefined): UnitState | null {
  const [seen, setSeen] = useState(state);
  const [told, setTold] = useState<UnitState | null>(null);
  useEffect(() => {
    if (state === undefined || state === seen) return;
    setSeen(state);
    // From and to a state of an order: the order itself is on the screen.
    const isSaid = seen !== undefined && OWN_STATES.includes(seen) && OWN_STATES.includes(state);
    setTold(isSaid && state !== mine ? state : null);
  }, [state, seen, mine]);
  return told;
}

interface Props {
  unit: Unit | undefined;
  positionState: PositionState;
  here: ReportPosition | null;
}

export function UnitBar({ unit, positionState, here }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const setState = useMutation({
    mutationFn: (state: UnitState) => unitCalls.state(state),
    onSettled: () => void client.invalidateQueries({ queryKey: ["units"] }),
  });
  const told = useToldState(unit?.state, setState.data?.state);
  const isPositionBad = positionState === "denied" || positionState === "unavailable";
  return (
    <>
      <div className="unit-bar" data-testid="unit-card">
        <div className="unit-bar-name">
          <strong data-testid="my-unit">{unit?.call_sign ?? t("patrol.my_unit")}</strong>
          <span className={isPositionBad ? "ink-warn" : "dim"}>
            <Icon name="locate" size={16} /> {t(`position.${positionState}`)}
            {here?.accuracy_m != null && positionState === "on" && ` ± ${Math.round(here.accuracy_m)} m`}
          </span>
        </div>
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <UnstyledButton
              className="unit-state-button"
              data-testid="my-state"
              disabled={setState.isPending}
            >
              {unit ? t(`unit_state.${unit.state}`) : "—"} ▾
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            {OWN_STATES.map((state) => (
              <Menu.Item key={state} py={12} onClick={() => setState.mutate(state)}>
                {t(`unit_state.${state}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
      {told && (
        <p className="note-warn" role="status" data-testid="state-told">
          {t("desk.state_told", { state: t(`unit_state.${told}`) })}
        </p>
      )}
      {setState.error && <Failure error={setState.error} />}
    </>
  );
}
