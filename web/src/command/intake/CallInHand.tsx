// Beside the call form: who calls on which line, what the same number called about before, and a way out without an incident.

import { Button, Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { taipei } from "../../app/age";
import { intake } from "../../app/api/calls.intake";
import { type Call, type SettledAs, WITHOUT_INCIDENT } from "../../app/api/types.intake";
import { useKindTitle } from "../../app/queries";
import { incidentPath } from "../../app/rooms";
import { sayDistance } from "../../app/say";
import { Failure } from "../../app/states";
import "./intake.css";

function History({ call }: { call: Call }) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const query = useQuery({
    queryKey: ["call-history", call.id],
    queryFn: () => intake.history(call),
    // Every question leaves a leaf in the log: it is asked once a call, and kept no longer than the call.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return null;
  if (query.data.calls === 0) return <p className="dim">{t("calls.no_history")}</p>;
  return (
    <section data-testid="call-history">
      <h3 className="section-title">{t("calls.history", { count: query.data.calls })}</h3>
      <ol className="call-history">
        {query.data.items.map(({ arrived_at_us, kind, settled_as, incident }) => (
          <li key={arrived_at_us}>
            <span className="number dim">{taipei(arrived_at_us)}</span> {t(`calls.kind.${kind}`)} ·{" "}
            {incident ? (
              <>
                {/* In a tab of its own: here somebody speaks, and the form stays as it is. */}
                <a
                  className="plain-link"
                  href={incidentPath(incident.id)}
                  target="_blank"
                  rel="noopener noreferrer"
                >
                  {incident.number}
                </a>{" "}
                {kindTitle(incident.kind)} · {t(`incident_state.${incident.state}`)} · {incident.summary}
              </>
            ) : (
              t(settled_as ? `calls.settled_as.${settled_as}` : "calls.unsettled")
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

interface Props {
  call: Call;
  /** Before the page goes on: what was written down of it is of no more use. */
  onDropped: () => void;
  onSettled: () => void;
}

export function CallInHand({ call, onDropped, onSettled }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [outcome, setOutcome] = useState<SettledAs | null>(null);
  const settle = useMutation({
    mutationFn: (as: SettledAs) => intake.settle(call.id, as, null),
    onSuccess: () => {
      onDropped();
      void client.invalidateQueries({ queryKey: ["calls"] });
    },
  });
  return (
    <section className="call-in-hand" aria-label={t("calls.in_hand")} data-testid="call-in-hand">
      <p>
        <strong className="number">{call.caller ?? t("calls.withheld")}</strong> ·{" "}
        {t(`calls.kind.${call.kind}`)} {call.line} · <span className="number">{call.number}</span> ·{" "}
        <Age at={call.arrived_at_us} />
      </p>
      {call.accuracy_m !== null && (
        <p className="dim">{t("calls.accuracy", { radius: sayDistance(call.accuracy_m, t) })}</p>
      )}
      {call.video_url && (
        <a className="plain-link" href={call.video_url} target="_blank" rel="noopener noreferrer">
          {t("calls.video")}
        </a>
      )}
      {call.caller && <History call={call} />}
      <div className="two">
        <Select
          label={t("calls.outcome")}
          placeholder={t("calls.outcome_hint")}
          data={WITHOUT_INCIDENT.map((value) => ({ value, label: t(`calls.settled_as.${value}`) }))}
          value={outcome}
          onChange={(value) => setOutcome(value as SettledAs | null)}
          data-testid="call-outcome"
        />
        <Button
          variant="default"
          disabled={!outcome}
          loading={settle.isPending}
          onClick={() => outcome && settle.mutate(outcome, { onSuccess: onSettled })}
          data-testid="settle-call"
        >
          {t("calls.settle")}
        </Button>
      </div>
      {settle.error && <Failure error={settle.error} />}
    </section>
  );
}
