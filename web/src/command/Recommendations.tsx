// Who could go, with what speaks for and against. The person decides; `d` sends the first.

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { dispatch } from "../app/api/calls";
import type { Incident, Reason, Recommendation, Unit } from "../app/api/types";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { sayDistance, sayDuration } from "../app/say";
import { Answer, Empty, Failure } from "../app/states";

/** Reasons whose value is a distance; that of `stale_position` is an age in seconds. */
const IN_METRES = new Set(["nearest", "foot_patrol_far", "rough_position"]);

function ReasonText({ reason }: { reason: Reason }) {
  const { t } = useTranslation();
  const value = reason.value;
  const said =
    value === null
      ? ""
      : IN_METRES.has(reason.key)
        ? sayDistance(value, t)
        : reason.key === "stale_position"
          ? sayDuration(value, t)
          : String(value);
  return (
    <li className={reason.is_for ? "reason-for" : "reason-against"}>
      <span aria-hidden="true">{reason.is_for ? "＋" : "－"}</span>
      <span className="unseen">{t(reason.is_for ? "dispatch.for" : "dispatch.against")}</span>
      {t(`dispatch.reason.${reason.key}`, { value: said, defaultValue: reason.key })}
    </li>
  );
}

interface Props {
  incident: Incident;
  /** Somebody is on the way already. */
  isSecond: boolean;
  onShow: (unit: Unit) => void;
}

export function Recommendations({ incident, isSecond, onShow }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["recommendations", incident.id],
    queryFn: async () => (await dispatch.recommendations(incident.id)).items,
    refetchInterval: 20_000,
  });
  const assign = useMutation({
    mutationFn: (unit: Unit) => dispatch.assign(incident.id, unit.id),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["incidents"] });
      void client.invalidateQueries({ queryKey: ["units"] });
      void client.invalidateQueries({ queryKey: ["recommendations"] });
    },
  });
  const best = query.data?.find((r) => r.rank === 1);
  // One key sends the first unit; a second unit takes a click, so that a key held too long sends nobody twice.
  useKeys({
    d: (event) => !event.repeat && best && !isSecond && !assign.isPending && assign.mutate(best.unit),
  });

  const row = (one: Recommendation) => {
    const isSendable = one.rank !== null;
    return (
      <li
        key={one.unit.id}
        className="recommend"
        data-testid="recommend-row"
        data-unit={one.unit.call_sign}
        data-rank={one.rank ?? ""}
      >
        <button type="button" className="recommend-main" onClick={() => onShow(one.unit)}>
          <span className="recommend-top">
            <strong>{one.unit.call_sign}</strong>
            <span className="dim">{t(`unit_kind.${one.unit.kind}`)}</span>
            <span className="tag">{t(`unit_state.${one.unit.state}`)}</span>
          </span>
          <span className="recommend-numbers">
            {one.distance_m !== null && sayDistance(one.distance_m, t)}
            {one.eta_s !== null && ` · ${t("dispatch.eta", { eta: sayDuration(one.eta_s, t) })}`}
            {one.distance_m !== null && (
              <span className="dim"> · {t(one.is_by_road ? "dispatch.by_road" : "dispatch.straight")}</span>
            )}
          </span>
          <ul className="reasons">
            {one.reasons.map((reason) => (
              <ReasonText key={reason.key} reason={reason} />
            ))}
          </ul>
        </button>
        {isSendable && (
          <Button
            size="md"
            variant={one === best && !isSecond ? "filled" : "default"}
            loading={assign.isPending && assign.variables.id === one.unit.id}
            disabled={assign.isPending}
            onClick={() => assign.mutate(one.unit)}
            rightSection={one === best && !isSecond ? <Key>d</Key> : undefined}
            data-testid="dispatch-unit"
          >
            {t("dispatch.send")}
            <span className="unseen"> {one.unit.call_sign}</span>
          </Button>
        )}
      </li>
    );
  };

  return (
    <section>
      <h3 className="section-title">{t(isSecond ? "dispatch.another" : "dispatch.who")}</h3>
      {assign.error && <Failure error={assign.error} />}
      <Answer query={query}>
        {(list) => {
          const can = list.filter((r) => r.rank !== null);
          const cannot = list.filter((r) => r.rank === null);
          return (
            <>
              {can.length === 0 && <Empty title={t("dispatch.nobody")} hint={t("dispatch.nobody_hint")} />}
              <ul className="recommends">{can.map(row)}</ul>
              {cannot.length > 0 && (
                <details>
                  <summary>{t("dispatch.cannot", { count: cannot.length })}</summary>
                  <ul className="recommends">{cannot.map(row)}</ul>
                </details>
              )}
            </>
          );
        }}
      </Answer>
    </section>
  );
}
