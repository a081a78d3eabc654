// A 110 call, or what a crew found itself: kind, what, where. The position is one of the places that the address may mean, or a click on the map.

import { Button, type ComboboxItem, Radio, Select, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { dispatch } from "../app/api/calls";
import { intake } from "../app/api/calls.intake";
import type { Id, Incident } from "../app/api/types";
import { OPENED_BY_HAND } from "../app/api/types.dispatch";
import type { Call } from "../app/api/types.intake";
import { leavesForm } from "../app/keys";
import { usableKinds, useKinds } from "../app/queries";
import { incidentPath } from "../app/rooms";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { CardHead } from "./CardHead";
import { CallCaller, type CallerMap } from "./caller/CallCaller";
import { CallInHand } from "./intake/CallInHand";
import { DuplicateList, DuplicateNotice } from "./intake/DuplicateList";
import type { DraftInHand } from "./intake/drafts";
import { byName } from "./intake/kinds";
import { useDuplicates } from "./intake/useDuplicates";
import { AddressBox, type PlaceMap } from "./places/AddressBox";
import { addressKept, isStillPicked } from "./places/places";

interface Props {
  /** What is written down so far; it outlives the form. */
  hand: DraftInHand;
  map: PlaceMap;
  callerMap: CallerMap;
  /** What rang and was taken; null for what somebody tells in another way. */
  call: Call | null;
  onDone: (incident: Id | null) => void;
}

export function CallForm({ hand, map, callerMap, call, onDone }: Props) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const kinds = useKinds();
  const { draft, change, drop } = hand;
  const { origin, kind, priority, summary, address, taken, place, written } = draft;
  // Whoever moves the pin by hand knows better than the address.
  const picked = isStillPicked(taken, place) ? taken : null;
  const usable = usableKinds(kinds.data ?? [], Date.now() * 1000);
  const chosen = kinds.data?.find((k) => k.key === kind);
  // What was written before the call could not be settled: a second press settles only, and opens nothing twice.
  const settled = async (write: () => Promise<Incident>) => {
    const incident = written ?? (await write());
    if (call) {
      change({ written: incident });
      await intake.settle(call.id, "incident", incident.id);
    }
    return incident;
  };
  const onSuccess = (incident: Incident) => {
    drop();
    client.setQueryData(["incidents", "one", incident.id], incident);
    void client.invalidateQueries({ queryKey: ["incidents"] });
    void client.invalidateQueries({ queryKey: ["calls"] });
  };
  // Not where another form stands by then.
  const go = { onSuccess: (incident: Incident) => onDone(incident.id) };
  const report = {
    kind: kind ?? "",
    priority: Number(priority ?? chosen?.priority ?? 3),
    summary,
    address: addressKept(address, picked),
    position: place,
  };
  const open = useMutation({
    mutationFn: () => settled(() => dispatch.open({ origin, ...report })),
    onSuccess,
  });
  const join = useMutation({ mutationFn: (id: Id) => settled(() => intake.join(id, report)), onSuccess });
  const { may } = useSession();
  const mayJoin = origin === "call" && may("dispatch.order");
  const like = useDuplicates(
    { kind, position: place, address: report.address, call: call?.id ?? null },
    may("dispatch.watch"),
  );
  const isWhole = kind !== null && summary.trim() !== "";
  return (
    <form
      className="card-body"
      onSubmit={(event) => {
        event.preventDefault();
        if (!written) open.mutate(undefined, go);
      }}
      onKeyDown={(event) => leavesForm(event) && onDone(null)}
      data-testid="call-form"
    >
      <CardHead title={t("call.title")} sub={t("call.sub")} onClose={() => onDone(null)} />
      {call && <CallInHand call={call} onDropped={drop} onSettled={() => onDone(null)} />}
      {call?.state === "taken" && (
        <CallCaller
          call={call.id}
          map={callerMap}
          // A person's decision, and a place that no address has chosen.
          onScene={(place) => change({ place, taken: null })}
        />
      )}
      {written && (
        <section className="call-written" role="alert" data-testid="call-written">
          <p>
            {t("calls.written")}{" "}
            <Link
              className="plain-link number"
              href={incidentPath(written.id)}
              onClick={() => !call && drop()}
              data-testid="call-written-incident"
            >
              {written.number}
            </Link>
          </p>
          {call && (
            <Button
              variant="default"
              loading={open.isPending}
              onClick={() => open.mutate(undefined, go)}
              data-testid="settle-again"
            >
              {t("calls.settle_again")}
            </Button>
          )}
        </section>
      )}
      {/* Hot spots are learned from citizens' calls alone: what a crew finds says where the crew was. */}
      <Radio.Group
        label={t("call.origin")}
        value={origin}
        onChange={(next) => change({ origin: next === "officer" ? "officer" : "call" })}
        size="md"
        data-testid="call-origin"
      >
        {OPENED_BY_HAND.map((one) => (
          <Radio
            key={one}
            value={one}
            size="md"
            mt="xs"
            label={t(`call.origin_${one}`)}
            data-testid={`call-origin-${one}`}
          />
        ))}
      </Radio.Group>
      <Select
        label={t("call.kind")}
        placeholder={t("call.kind_hint")}
        searchable
        autoFocus
        size="md"
        data={usable.map((k) => ({
          value: k.key,
          label: i18n.language === "en" ? k.title_en : k.title_zh,
        }))}
        filter={({ options, search }) => byName(options as ComboboxItem[], search, usable)}
        value={kind}
        onChange={(value) => change({ kind: value, priority: null })}
        required
        data-testid="call-kind"
      />
      {kinds.error && <Failure error={kinds.error} />}
      <Select
        label={t("call.priority")}
        size="md"
        data={[1, 2, 3, 4].map((n) => ({ value: String(n), label: t(`priority.${n}`) }))}
        value={priority ?? (chosen ? String(chosen.priority) : null)}
        onChange={(value) => change({ priority: value })}
      />
      <Textarea
        label={t("call.summary")}
        placeholder={t("call.summary_hint")}
        size="md"
        autosize
        minRows={2}
        maxLength={1000}
        value={summary}
        onChange={(event) => change({ summary: event.currentTarget.value })}
        required
        data-testid="call-summary"
      />
      <AddressBox
        text={address}
        // Another address is another place.
        onText={(text) => change({ address: text, taken: null, ...(picked ? { place: null } : {}) })}
        picked={picked}
        isPlaced={place !== null}
        onPick={(choice) => {
          change({
            taken: choice,
            place: choice.position,
            ...(choice.is_completion ? { address: choice.address } : {}),
          });
          map.show(choice.position);
        }}
        map={map}
      />
      <div className="place-field">
        <span className="field-label">{t("call.position")}</span>
        {place ? (
          <span className="number">
            {place.lat.toFixed(5)}, {place.lon.toFixed(5)}{" "}
            <button type="button" className="plain-link" onClick={() => change({ place: null })}>
              {t("call.clear")}
            </button>
          </span>
        ) : (
          <span className="dim">{t("call.position_hint")}</span>
        )}
      </div>
      <DuplicateNotice count={like.length} />
      <DuplicateList
        title={t("duplicate.maybe")}
        found={like}
        act={t("duplicate.join")}
        isBusy={join.isPending}
        isOff={!isWhole || !mayJoin || written !== null}
        onAct={(id) => join.mutate(id, go)}
      />
      {join.error && <Failure error={join.error} />}
      <Button
        type="submit"
        size="md"
        disabled={!isWhole || written !== null}
        loading={open.isPending}
        data-testid="submit-call"
      >
        {t("call.submit")}
      </Button>
      {open.error && <Failure error={open.error} />}
      {hand.isTouched && !written && (
        <button type="button" className="plain-link" onClick={drop} data-testid="discard-draft">
          {t("calls.discard")}
        </button>
      )}
    </form>
  );
}
