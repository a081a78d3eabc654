// On every page of the console: who is in danger, where, since when; a sound until somebody answers.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { Age } from "../app/Age";
import { panic as calls } from "../app/api/calls.choice";
import type { Panic } from "../app/api/types.choice";
import { Icon } from "../app/icons";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { useIncidents, useUnits } from "../app/queries";
import { incidentPath } from "../app/rooms";
import { useSession } from "../app/session";
import { explain } from "../app/states";
import { PlaceAge } from "./PanicBanner";
import { PANICS, placeOf, takePanic } from "./panics";
import { useSiren } from "./siren";
import { usePanics } from "./usePanics";

const SHOWN_MAX = 3;
/** Who presses a key in the moment in which the bar comes meant something else. */
const TOO_SOON_MS = 700;

function useAcknowledge() {
  const client = useQueryClient();
  const { me } = useSession();
  return useMutation({
    mutationFn: (panic: Panic) => calls.acknowledge(panic.incident),
    onSuccess: (_, panic) => {
      takePanic(client, { ...panic, state: "acknowledged", acknowledged_by: me?.name ?? null });
      void client.invalidateQueries({ queryKey: PANICS });
      void client.invalidateQueries({ queryKey: ["incidents"] });
    },
  });
}

function useOpen(): (panic: Panic) => void {
  const [, go] = useLocation();
  return (panic) => go(incidentPath(panic.incident));
}

/** A call that is being written down is not thrown away by opening something else. */
function useIsWriting(): boolean {
  return new URLSearchParams(useSearch()).get("new") === "call";
}

interface RowProps {
  panic: Panic;
  /** Enter acknowledges this one. */
  isFirst: boolean;
  isWriting: boolean;
  isBusy: boolean;
  onAcknowledge: () => void;
  onOpen: () => void;
}

function Row({ panic, isFirst, isWriting, isBusy, onAcknowledge, onOpen }: RowProps) {
  const { t } = useTranslation();
  const units = useUnits();
  const incidents = useIncidents();
  const there = placeOf(panic, units.data);
  const address = incidents.data?.find((one) => one.id === panic.incident)?.address;
  const place = address || (there ? coordinates(there.position) : t("panic.no_place"));
  const by = panic.acknowledged_by;
  return (
    <li className="panic-row" data-state={panic.state} data-testid="panic-row" data-unit={panic.call_sign}>
      <span className="panic-mark" aria-hidden="true">
        !
      </span>
      <span className="panic-who">
        {t("panic.title")} <strong>{panic.call_sign}</strong>
      </span>
      <span className="panic-at">{place}</span>
      <span className="panic-when">
        <Age at={panic.raised_at_us} />
        {there?.at_us && (
          <>
            {" · "}
            <PlaceAge at_us={there.at_us} />
          </>
        )}
      </span>
      <span className="panic-said" data-testid="panic-said">
        {panic.state === "acknowledged"
          ? by
            ? t("panic.state_acknowledged", { name: by })
            : t("panic.state_acknowledged_bare")
          : t(`panic.state_${panic.state}`)}
      </span>
      <span className="panic-acts">
        {panic.state === "raised" && (
          <Button
            id={isFirst ? "panic-acknowledge" : undefined}
            size="sm"
            variant="white"
            color="dark"
            loading={isBusy}
            rightSection={isFirst ? <Key>Enter</Key> : undefined}
            onClick={onAcknowledge}
            data-testid="panic-acknowledge"
          >
            {t(isWriting ? "panic.acknowledge_only" : "panic.acknowledge")}
            <span className="unseen"> {panic.call_sign}</span>
          </Button>
        )}
        {(panic.state !== "raised" || isWriting) && (
          <Button size="sm" variant="default" onClick={onOpen} data-testid="panic-open">
            {t("panic.open")}
            <span className="unseen"> {panic.call_sign}</span>
          </Button>
        )}
      </span>
    </li>
  );
}

export function coordinates({ lat, lon }: { lat: number; lon: number }): string {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}

function Bar() {
  const { t } = useTranslation();
  const panics = usePanics();
  const open = useOpen();
  const isWriting = useIsWriting();
  const acknowledge = useAcknowledge();
  const raised = panics.filter((one) => one.state === "raised");
  const [first] = raised;
  const siren = useSiren(raised.length > 0);
  const since = useRef(0);
  const seen = useRef<string | null>(null);

  const answer = (panic: Panic) => {
    if (acknowledge.isPending) return;
    acknowledge.mutate(panic);
    if (!isWriting) open(panic);
  };

  // Enter on a button presses that button: the keyboard goes to the one that matters, unless somebody writes.
  useEffect(() => {
    if (first?.incident === seen.current) return;
    seen.current = first?.incident ?? null;
    since.current = Date.now();
    if (!first) return;
    const { activeElement } = document;
    const isTyping = activeElement?.matches("input, textarea, select, [contenteditable]") ?? false;
    const isAsked = document.querySelector('[role="dialog"]') !== null;
    if (!isTyping && !isAsked) document.getElementById("panic-acknowledge")?.focus({ preventScroll: true });
  }, [first]);
  useKeys(
    {
      Enter: (event) => {
        if (first && !event.repeat && Date.now() - since.current > TOO_SOON_MS) answer(first);
      },
    },
    first !== undefined,
    true,
  );

  return (
    <>
      <div className="unseen" role="alert" data-testid="panic-announcement">
        {raised
          .map((one) =>
            t("panic.announce", {
              call_sign: one.call_sign,
              place: one.position ? coordinates(one.position) : t("panic.no_place"),
            }),
          )
          .join(t("app.clause_joiner"))}
      </div>
      {panics.length > 0 && (
        <section
          className="panic-bar"
          aria-label={t("panic.title")}
          data-siren={siren}
          data-testid="panic-bar"
        >
          <ul>
            {panics.slice(0, SHOWN_MAX).map((one) => (
              <Row
                key={one.incident}
                panic={one}
                isFirst={one === first}
                isWriting={isWriting}
                isBusy={acknowledge.isPending && acknowledge.variables.incident === one.incident}
                onAcknowledge={() => {
                  if (Date.now() - since.current > TOO_SOON_MS) answer(one);
                }}
                onOpen={() => open(one)}
              />
            ))}
          </ul>
          {panics.length > SHOWN_MAX && (
            <p className="panic-note">{t("panic.more", { count: panics.length - SHOWN_MAX })}</p>
          )}
          {siren === "blocked" && (
            <p className="panic-note">
              <Icon name="mute" /> {t("panic.sound_blocked")}
            </p>
          )}
          {acknowledge.error && (
            <p className="panic-note" role="alert">
              ▲ {explain(acknowledge.error, t)}
            </p>
          )}
        </section>
      )}
    </>
  );
}

export function PanicBar() {
  const { may } = useSession();
  return may("dispatch.order") && may("units.watch") ? <Bar /> : null;
}
