// A 110 call, or what a crew found itself: kind, what, where. The position is one of the places that the address may mean, or a click on the map.

import { Button, type ComboboxItem, Radio, Select, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { dispatch } from "../app/api/calls";
import { intake } from "../app/api/calls.intake";
import type { Id, Incident, Wgs84 } from "../app/api/types";
import { OPENED_BY_HAND, type OpenedByHand } from "../app/api/types.dispatch";
import type { Call } from "../app/api/types.intake";
import type { PlaceCandidate } from "../app/api/types.places";
import { usableKinds, useKinds } from "../app/queries";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { CardHead } from "./CardHead";
import { CallInHand } from "./intake/CallInHand";
import { DuplicateList, DuplicateNotice } from "./intake/DuplicateList";
import { byName } from "./intake/kinds";
import { useDuplicates } from "./intake/useDuplicates";
import { AddressBox, type PlaceMap } from "./places/AddressBox";
import { addressKept, isStillPicked } from "./places/places";

interface Props {
  place: Wgs84 | null;
  onPlace: (place: Wgs84 | null) => void;
  map: PlaceMap;
  /** What rang and was taken; null for what somebody tells in another way. */
  call: Call | null;
  onDone: (incident: Id | null) => void;
}

export function CallForm({ place, onPlace, map, call, onDone }: Props) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const kinds = useKinds();
  const [origin, setOrigin] = useState<OpenedByHand>("call");
  const [kind, setKind] = useState<string | null>(null);
  const [priority, setPriority] = useState<string | null>(null);
  const [summary, setSummary] = useState(call?.text ?? "");
  const [address, setAddress] = useState("");
  const [taken, setTaken] = useState<PlaceCandidate | null>(null);
  // Whoever moves the pin by hand knows better than the address.
  const picked = isStillPicked(taken, place) ? taken : null;
  const usable = usableKinds(kinds.data ?? [], Date.now() * 1000);
  const chosen = kinds.data?.find((k) => k.key === kind);
  // What was written before the call could not be settled: a second press settles only, and opens nothing twice.
  const written = useRef<Incident | null>(null);
  const settled = async (write: () => Promise<Incident>) => {
    written.current ??= await write();
    if (call) await intake.settle(call.id, "incident", written.current.id);
    return written.current;
  };
  const onSuccess = (incident: Incident) => {
    client.setQueryData(["incidents", "one", incident.id], incident);
    void client.invalidateQueries({ queryKey: ["incidents"] });
    void client.invalidateQueries({ queryKey: ["calls"] });
    onDone(incident.id);
  };
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
        open.mutate();
      }}
      onKeyDown={(event) => event.key === "Escape" && onDone(null)}
      data-testid="call-form"
    >
      <CardHead title={t("call.title")} sub={t("call.sub")} onClose={() => onDone(null)} />
      {call && <CallInHand call={call} onSettled={() => onDone(null)} onIncident={onDone} />}
      {/* Hot spots are learned from citizens' calls alone: what a crew finds says where the crew was. */}
      <Radio.Group
        label={t("call.origin")}
        value={origin}
        onChange={(next) => setOrigin(next === "officer" ? "officer" : "call")}
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
        onChange={(value) => {
          setKind(value);
          setPriority(null);
        }}
        required
        data-testid="call-kind"
      />
      {kinds.error && <Failure error={kinds.error} />}
      <Select
        label={t("call.priority")}
        size="md"
        data={[1, 2, 3, 4].map((n) => ({ value: String(n), label: t(`priority.${n}`) }))}
        value={priority ?? (chosen ? String(chosen.priority) : null)}
        onChange={setPriority}
      />
      <Textarea
        label={t("call.summary")}
        placeholder={t("call.summary_hint")}
        size="md"
        autosize
        minRows={2}
        maxLength={1000}
        value={summary}
        onChange={(event) => setSummary(event.currentTarget.value)}
        required
        data-testid="call-summary"
      />
      <AddressBox
        text={address}
        onText={(text) => {
          setAddress(text);
          setTaken(null);
          // Another address is another place.
          if (picked) onPlace(null);
        }}
        picked={picked}
        isPlaced={place !== null}
        onPick={(choice) => {
          setTaken(choice);
          if (choice.is_completion) setAddress(choice.address);
          onPlace(choice.position);
          map.show(choice.position);
        }}
        map={map}
      />
      <div className="place-field">
        <span className="field-label">{t("call.position")}</span>
        {place ? (
          <span className="number">
            {place.lat.toFixed(5)}, {place.lon.toFixed(5)}{" "}
            <button type="button" className="plain-link" onClick={() => onPlace(null)}>
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
        isOff={!isWhole || !mayJoin}
        onAct={(id) => join.mutate(id)}
      />
      {join.error && <Failure error={join.error} />}
      <Button type="submit" size="md" disabled={!isWhole} loading={open.isPending} data-testid="submit-call">
        {t("call.submit")}
      </Button>
      {open.error && <Failure error={open.error} />}
    </form>
  );
}
