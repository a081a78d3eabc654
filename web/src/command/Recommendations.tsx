// Who could go, with what speaks for and against. The person decides; `d` sends the proposed one, and asks first where that
// takes it from another job.

import "./choice/choice.css";
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { dispatch } from "../app/api/calls";
import { choice } from "../app/api/calls.choice";
import type { Id, Incident, Reason, Unit } from "../app/api/types";
import type { Advised, Proposal } from "../app/api/types.choice";
import { OVERRIDING, type Overriding } from "../app/api/types.reasons";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { ReasonButtons } from "../app/ReasonButtons";
import { sayDistance, saySeconds } from "../app/say";
import { Answer, Empty, Failure } from "../app/states";
import { isSendable, reasonText, splitAdvised } from "./choice/reasons";
import { TakeDialog } from "./choice/TakeDialog";

function ReasonLine({ reason }: { reason: Reason }) {
  const { t } = useTranslation();
  return (
    <li className={reason.is_for ? "reason-for" : "reason-against"}>
      <span aria-hidden="true">{reason.is_for ? "＋" : "－"}</span>
      <span className="unseen">{t(reason.is_for ? "dispatch.for" : "dispatch.against")}</span>
      {reasonText(reason, t)}
    </li>
  );
}

function PolicyLine({ proposal }: { proposal: Proposal }) {
  const { t } = useTranslation();
  const used = t(`policy_name.${proposal.policy}`);
  return (
    <>
      <p className="dim proposal-policy" data-testid="proposal-policy" data-policy={proposal.policy}>
        {t("proposal.by", { policy: used })}{" "}
        <Link className="plain-link" href="/dispatch/policy">
          {t("proposal.settings")}
        </Link>
      </p>
      {proposal.fell_back_from && (
        <p className="note-warn" data-testid="proposal-fell-back">
          ▲ {t("proposal.fell_back", { policy: t(`policy_name.${proposal.fell_back_from}`), used })}
        </p>
      )}
    </>
  );
}

interface RowProps {
  one: Advised;
  isChosen: boolean;
  /** `d` acts on it. */
  hasKey: boolean;
  isBusy: boolean;
  isSending: boolean;
  onShow: () => void;
  onSend: () => void;
}

function Row({ one, isChosen, hasKey, isBusy, isSending, onShow, onSend }: RowProps) {
  const { t } = useTranslation();
  const { unit, takes_from } = one;
  return (
    <li
      className="recommend"
      data-testid="recommend-row"
      data-unit={unit.call_sign}
      data-rank={one.rank ?? ""}
      data-chosen={isChosen || undefined}
    >
      <button type="button" className="recommend-main" onClick={onShow}>
        <span className="recommend-top">
          <strong>{unit.call_sign}</strong>
          <span className="dim">{t(`unit_kind.${unit.kind}`)}</span>
          <span className="tag">{t(`unit_state.${unit.state}`)}</span>
          {isChosen && <span className="tag tag-chosen">✓ {t("proposal.chosen")}</span>}
        </span>
        {takes_from && (
          <span className="recommend-takes">
            ▲ {t("proposal.takes", { number: takes_from.incident_number, n: takes_from.priority })}
          </span>
        )}
        <span className="recommend-numbers">
          {one.distance_m !== null && sayDistance(one.distance_m, t)}
          {one.eta_s !== null && ` · ${t("dispatch.eta", { eta: saySeconds(one.eta_s, t) })}`}
          {one.distance_m !== null && (
            <span className="dim"> · {t(one.is_by_road ? "dispatch.by_road" : "dispatch.straight")}</span>
          )}
        </span>
        <ul className="reasons">
          {one.reasons.map((reason) => (
            <ReasonLine key={reason.key} reason={reason} />
          ))}
        </ul>
      </button>
      {isSendable(one) && (
        <Button
          size="md"
          variant={hasKey ? "filled" : "default"}
          loading={isSending}
          disabled={isBusy}
          onClick={onSend}
          rightSection={hasKey ? <Key>d</Key> : undefined}
          data-testid={takes_from ? "take-unit" : "dispatch-unit"}
        >
          {t(takes_from ? "proposal.take" : "dispatch.send")}
          <span className="unseen"> {unit.call_sign}</span>
        </Button>
      )}
    </li>
  );
}

interface Sending {
  unit: Id;
  take_from: Id | null;
  overriding: Overriding;
}

/** Another one is ranked first: whoever sends this one says why. */
export const isAgainst = (one: Advised, chosen: Id | null | undefined): boolean =>
  !!chosen && one.unit.id !== chosen && one.rank !== 1;

interface Props {
  incident: Incident;
  /** Somebody is on the way already. */
  isSecond: boolean;
  onShow: (unit: Unit) => void;
}

export function Recommendations({ incident, isSecond, onShow }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [taking, setTaking] = useState<Advised | null>(null);
  const [against, setAgainst] = useState<Advised | null>(null);
  const query = useQuery({
    queryKey: ["recommendations", incident.id],
    queryFn: () => choice.proposal(incident.id),
    refetchInterval: 20_000,
  });
  const assign = useMutation({
    mutationFn: ({ unit, take_from, overriding }: Sending) =>
      take_from
        ? choice.takeAway(incident.id, unit, take_from, overriding)
        : dispatch.assign(incident.id, unit, overriding),
    onSuccess: () => {
      setTaking(null);
      setAgainst(null);
    },
    onSettled: () => {
      for (const name of ["incidents", "units", "recommendations", "advice"])
        void client.invalidateQueries({ queryKey: [name] });
    },
  });
  const chosen = query.data?.items.find((one) => one.unit.id === query.data.chosen && isSendable(one));
  const start = (one: Advised) => {
    assign.reset();
    setAgainst(null);
    if (one.takes_from) setTaking(one);
    else if (isAgainst(one, query.data?.chosen)) setAgainst(one);
    // Should the list have changed since it was read, this is why; else nobody reads it.
    else assign.mutate({ unit: one.unit.id, take_from: null, overriding: "list_changed" });
  };
  // One key sends the proposed unit; a second unit takes a click, so that a key held too long sends nobody twice.
  useKeys({ d: (event) => !event.repeat && chosen && !isSecond && !assign.isPending && start(chosen) });

  const row = (one: Advised) => (
    <Row
      key={one.unit.id}
      one={one}
      isChosen={one === chosen}
      hasKey={one === chosen && !isSecond}
      isBusy={assign.isPending}
      isSending={assign.isPending && assign.variables.unit === one.unit.id}
      onShow={() => onShow(one.unit)}
      onSend={() => start(one)}
    />
  );

  return (
    <section>
      <h3 className="section-title">{t(isSecond ? "dispatch.another" : "dispatch.who")}</h3>
      {assign.error && !taking && <Failure error={assign.error} />}
      {against && (
        <ReasonButtons
          title={t("reasons.why_unit", { unit: against.unit.call_sign })}
          codes={OVERRIDING.filter((code) => code !== "list_changed")}
          isBusy={assign.isPending}
          onPick={(overriding) => assign.mutate({ unit: against.unit.id, take_from: null, overriding })}
          onBack={() => setAgainst(null)}
        />
      )}
      <Answer query={query}>
        {(proposal) => {
          const { can, cannot } = splitAdvised(proposal.items, proposal.chosen);
          return (
            <>
              <PolicyLine proposal={proposal} />
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
      <TakeDialog
        incident={incident}
        advised={taking}
        act={assign}
        onYes={() => {
          if (taking?.takes_from)
            assign.mutate({
              unit: taking.unit.id,
              take_from: taking.takes_from.assignment,
              overriding: "list_changed",
            });
        }}
        onNo={() => setTaking(null)}
      />
    </section>
  );
}
