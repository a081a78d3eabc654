// What rings, what was missed and what is in hand, above the queue. Of all consoles one takes a call; the others are told who.

import { Button, VisuallyHidden } from "@mantine/core";
import { type UseQueryResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { intake } from "../../app/api/calls.intake";
import type { Id } from "../../app/api/types";
import type { Call, WaitingCalls } from "../../app/api/types.intake";
import { Key } from "../../app/Key";
import { useKeys } from "../../app/keys";
import { Failure } from "../../app/states";
import { nextCall } from "./useCalls";
import "./intake.css";

interface Props {
  calls: UseQueryResult<WaitingCalls>;
  inHand: Id | null;
  onTaken: (call: Call) => void;
}

/** Said once for each call that begins to ring. */
function useAnnounced(calls: Call[]): string {
  const { t } = useTranslation();
  const known = useRef(new Set<Id>());
  const [said, setSaid] = useState("");
  useEffect(() => {
    for (const call of calls) {
      if (call.state !== "ringing" || known.current.has(call.id)) continue;
      known.current.add(call.id);
      setSaid(t("calls.announce", { kind: t(`calls.kind.${call.kind}`), line: call.line }));
    }
  }, [calls, t]);
  return said;
}

export function CallsWaiting({ calls, inHand, onTaken }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const list = calls.data?.items ?? [];
  const take = useMutation({
    mutationFn: (call: Call) => intake.take(call.id, call.is_mine ? null : call.taken_by),
    onSuccess: (taken) => {
      client.setQueryData<WaitingCalls>(
        ["calls"],
        (old) => old && { ...old, items: old.items.map((one) => (one.id === taken.id ? taken : one)) },
      );
      onTaken(taken);
    },
    // Somebody was faster: the list says who.
    onError: () => void client.invalidateQueries({ queryKey: ["calls"] }),
  });
  const next = nextCall(list);
  useKeys({ a: () => next && !take.isPending && take.mutate(next) }, next !== null);
  const said = useAnnounced(list);
  const actOf = (call: Call) =>
    call.is_mine ? t("calls.resume") : call.taken_by ? t("calls.take_over") : t("calls.answer");
  return (
    <>
      <VisuallyHidden aria-live="assertive">{said}</VisuallyHidden>
      {list.length > 0 && (
        <section className="calls-waiting" aria-label={t("calls.waiting")} data-testid="calls">
          <ol>
            {list.map((call) => (
              <li key={call.id} data-testid="call" data-state={call.state} data-number={call.number}>
                <span className="call-words">
                  <span>
                    <strong>{t(`calls.state.${call.state}`)}</strong> {t(`calls.kind.${call.kind}`)}{" "}
                    {call.line} <Age at={call.arrived_at_us} />
                  </span>
                  <span className="dim">
                    {call.caller ?? t("calls.withheld")}
                    {call.taken_by_name &&
                      !call.is_mine &&
                      ` · ${t("calls.with", { name: call.taken_by_name })}`}
                  </span>
                </span>
                {call.id !== inHand && (
                  <Button
                    variant={call.state === "ringing" ? "filled" : "default"}
                    loading={take.isPending && take.variables.id === call.id}
                    onClick={() => take.mutate(call)}
                    rightSection={call.id === next?.id ? <Key>a</Key> : null}
                    data-testid="take-call"
                  >
                    {actOf(call)}
                  </Button>
                )}
              </li>
            ))}
          </ol>
          {calls.data?.is_cut && <p className="ink-warn">▲ {t("calls.is_cut", { count: list.length })}</p>}
          {take.error && <Failure error={take.error} />}
        </section>
      )}
    </>
  );
}
