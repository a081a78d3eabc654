// What the run card of the alarm level asks for, what is missing, and who could fill it. `m` sends the offered ones, each as an
// order of its own; nothing is sent by itself.

import "./card.css";
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { dispatch } from "../../app/api/calls";
import { cards as calls } from "../../app/api/calls.shifts";
import type { Id, Incident } from "../../app/api/types";
import type { CardStatus } from "../../app/api/types.shifts";
import { Key } from "../../app/Key";
import { useKeys } from "../../app/keys";
import { saySeconds } from "../../app/say";
import { explain, Failure } from "../../app/states";
import { LEVELS_MAX } from "../../cards/draft";
import { useSayAsk } from "../../cards/say";
import { isRead, READ_MS, type Shown, shownSince } from "./shown";

interface Sent {
  call_sign: string;
  error: unknown;
}

/** One order after the other; what fails does not stop the rest. */
function useSendOffers(incident: Id) {
  const client = useQueryClient();
  const [results, setResults] = useState<Sent[]>([]);
  const send = useMutation({
    mutationFn: async (status: CardStatus) => {
      const sent: Sent[] = [];
      for (const { advised } of status.offers) {
        const { call_sign, id } = advised.unit;
        try {
          // The card asks for a kind of unit, the ranking for the nearest.
          await dispatch.assign(incident, id, "by_plan");
          sent.push({ call_sign, error: null });
        } catch (error) {
          sent.push({ call_sign, error });
        }
        setResults([...sent]);
      }
    },
    onSettled: () => {
      for (const name of ["incidents", "units", "recommendations", "advice"])
        void client.invalidateQueries({ queryKey: [name] });
      // Until the card is read again its offers are those that were just sent: a second `m` would send them twice.
      return client.invalidateQueries({ queryKey: ["run-card"] });
    },
  });
  return { send, results };
}

/** Whether the offers have stood there long enough to be sent: they are read again every 20 s, perhaps just before the key. */
function useIsRead(status: CardStatus | undefined): () => boolean {
  const shown = useRef<Shown | null>(null);
  const [, look] = useState(0);
  const what = status?.offers.map(({ advised }) => advised.unit.id).join(" ");
  if (what !== undefined) shown.current = shownSince(shown.current, what, performance.now());
  useEffect(() => {
    if (what === undefined) return;
    const timer = setTimeout(() => look((times) => times + 1), READ_MS);
    return () => clearTimeout(timer);
  }, [what]);
  return () => isRead(shown.current, performance.now());
}

function Raise({ incident, status }: { incident: Id; status: CardStatus }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const next = status.level + 1;
  const raise = useMutation({
    mutationFn: () => calls.raise(incident, next, reason),
    onSuccess: (told) => {
      client.setQueryData(["run-card", incident], told);
      void client.invalidateQueries({ queryKey: ["incidents"] });
      setOpen(false);
      setReason("");
    },
  });
  if (next > LEVELS_MAX) return null;
  if (!isOpen) {
    return (
      <Button size="sm" variant="default" onClick={() => setOpen(true)} data-testid="card-raise">
        {t("card.raise", { level: next })}
      </Button>
    );
  }
  return (
    <form
      className="decision"
      onSubmit={(event) => {
        event.preventDefault();
        raise.mutate();
      }}
    >
      <TextInput
        label={t("card.raise_reason", { level: next })}
        description={t("card.raise_hint")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className="two">
        <Button variant="default" onClick={() => setOpen(false)}>
          {t("app.back")}
        </Button>
        <Button type="submit" loading={raise.isPending} data-testid="card-raise-yes">
          {t("card.raise", { level: next })}
        </Button>
      </div>
      {raise.error && <Failure error={raise.error} />}
    </form>
  );
}

export function CardPanel({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const sayAsk = useSayAsk();
  const query = useQuery({
    queryKey: ["run-card", incident.id],
    queryFn: () => calls.of(incident.id),
    refetchInterval: 20_000,
  });
  const { send, results } = useSendOffers(incident.id);
  const status = query.data;
  const offers = status?.offers ?? [];
  const isReadYet = useIsRead(status);
  const sendShown = () => {
    if (status && offers.length > 0 && !send.isPending && isReadYet()) send.mutate(status);
  };
  useKeys({ m: (event) => !event.repeat && sendShown() });
  if (!status) return query.error ? <Failure error={query.error} /> : null;
  const missing = status.asks.reduce((sum, one) => sum + one.missing, 0);
  const failed = results.filter((one) => one.error !== null);
  return (
    <section className="run-card" data-testid="run-card" data-level={status.level} data-missing={missing}>
      <h3 className="section-title">
        {t("card.title")} · {t("card.level", { level: status.level })}
      </h3>
      {status.levels === 0 ? (
        <p className="dim">
          {t("card.none")}{" "}
          <Link className="plain-link" href="/dispatch/cards">
            {t("card.settings")}
          </Link>
        </p>
      ) : (
        <ul className="run-card-asks">
          {status.asks.map((one, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a card have no other name
            <li key={at} data-missing={one.missing || undefined} data-testid="card-ask">
              <span aria-hidden="true">{one.missing > 0 ? "○" : "✓"}</span>
              <span className="grow">
                {sayAsk(one)}
                {one.filled_by.length > 0 && (
                  <span className="dim">
                    {t("app.colon")}
                    {one.filled_by.join(t("app.list_joiner"))}
                  </span>
                )}
              </span>
              {one.missing > 0 && <strong>{t("card.missing", { count: one.missing })}</strong>}
            </li>
          ))}
        </ul>
      )}
      {status.beyond.length > 0 && (
        <p className="dim">{t("card.beyond", { units: status.beyond.join(t("app.list_joiner")) })}</p>
      )}
      {missing > 0 && (
        <>
          <p>
            {offers.length === 0
              ? t("card.nobody")
              : t("card.offers", {
                  units: offers
                    .map(({ advised }) =>
                      advised.eta_s === null
                        ? advised.unit.call_sign
                        : `${advised.unit.call_sign} ${saySeconds(advised.eta_s, t)}`,
                    )
                    .join(t("app.list_joiner")),
                })}
          </p>
          {offers.length > 0 && (
            <Button
              size="md"
              loading={send.isPending}
              disabled={!isReadYet()}
              onClick={sendShown}
              rightSection={<Key>m</Key>}
              data-testid="card-send"
            >
              {t("card.send", { count: offers.length })}
            </Button>
          )}
        </>
      )}
      <div role="status">
        {offers.length > 0 && !send.isPending && !isReadYet() && (
          <p className="dim">{t("card.offers_changed")}</p>
        )}
        {failed.length > 0 && (
          <ul className="note-warn">
            {failed.map((one) => (
              <li key={one.call_sign}>
                <strong>{one.call_sign}</strong> {explain(one.error, t)}
              </li>
            ))}
          </ul>
        )}
      </div>
      <Raise incident={incident.id} status={status} />
    </section>
  );
}
