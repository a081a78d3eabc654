// Who could go, with what speaks for and against. The person decides; `d` sends the proposed one, and asks first where that
// takes it from another job.

import "./choice/choice.css";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { dispatch } from "../app/api/calls";
import { choice } from "../app/api/calls.choice";
import type { Incident, Unit } from "../app/api/types";
import type { Advised, Proposal } from "../app/api/types.choice";
import { OVERRIDING_SAID, type Overriding } from "../app/api/types.reasons";
import { useKeys } from "../app/keys";
import { ReasonButtons } from "../app/ReasonButtons";
import { Answer, Empty, Failure } from "../app/states";
import { RecommendRow } from "./choice/RecommendRow";
import { isAgainst, isSendable, splitAdvised } from "./choice/reasons";
import { TakeDialog } from "./choice/TakeDialog";

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

/** A unit, and why it although another one is ranked first. */
interface Sending {
  one: Advised;
  overriding: Overriding;
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
  const [taking, setTaking] = useState<Sending | null>(null);
  const [against, setAgainst] = useState<Advised | null>(null);
  const query = useQuery({
    queryKey: ["recommendations", incident.id],
    queryFn: () => choice.proposal(incident.id),
    refetchInterval: 20_000,
  });
  const assign = useMutation({
    mutationFn: ({ one: { unit, takes_from }, overriding }: Sending) =>
      takes_from
        ? choice.takeAway(incident.id, unit.id, takes_from.assignment, overriding)
        : dispatch.assign(incident.id, unit.id, overriding),
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
  const send = (sending: Sending) => {
    if (!sending.one.takes_from) return assign.mutate(sending);
    setAgainst(null);
    setTaking(sending);
  };
  const start = (one: Advised) => {
    assign.reset();
    setAgainst(null);
    if (isAgainst(one, query.data?.chosen)) setAgainst(one);
    // It is first on this screen. Should the list have changed since, that is why it is sent.
    else send({ one, overriding: "list_changed" });
  };
  // One key sends the proposed unit; a second unit takes a click, so that a key held too long sends nobody twice.
  useKeys({ d: (event) => !event.repeat && chosen && !isSecond && !assign.isPending && start(chosen) });

  const row = (one: Advised) => (
    <RecommendRow
      key={one.unit.id}
      one={one}
      isChosen={one === chosen}
      hasKey={one === chosen && !isSecond}
      isBusy={assign.isPending}
      isSending={assign.isPending && assign.variables.one.unit.id === one.unit.id}
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
          key={against.unit.id}
          asked="proposal"
          title={t("reasons.why_unit", { unit: against.unit.call_sign })}
          codes={OVERRIDING_SAID}
          isBusy={assign.isPending}
          onPick={(overriding) => send({ one: against, overriding })}
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
        advised={taking?.one ?? null}
        act={assign}
        onYes={() => taking && assign.mutate(taking)}
        onNo={() => setTaking(null)}
      />
    </section>
  );
}
