// The console: what waits on the left, where it is in the middle, what to do about it on the right.

import "./command.css";
import "./cards.css";
import "./choice/choice.css";
import "./desk/desk.css";
import { Button, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useNow } from "../app/age";
import type { Id, Wgs84 } from "../app/api/types";
import type { CallerView } from "../app/api/types.caller";
import type { NearCamera } from "../app/api/types.desk";
import type { Call } from "../app/api/types.intake";
import type { PlaceCandidate } from "../app/api/types.places";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { positions } from "../app/positions";
import { useCameras, useHits, useIncidents, useUnits } from "../app/queries";
import { useSession } from "../app/session";
import type { LiveMap } from "../map/LiveMap";
import { MapView } from "../map/MapView";
import type { Overlay } from "../map/overlays";
import { ringFit } from "../map/ringFeatures";
import { usePanics } from "../panic/usePanics";
import { PastEndSign } from "../shifts/CrewSigns";
import { useInForce } from "../warnings/useWarnings";
import { WarningsSign } from "../warnings/WarningsSign";
import { Alarm } from "./Alarm";
import { flownTo } from "./bar/act";
import { CallForm } from "./CallForm";
import { AdvicePanel, CoverLegend } from "./choice/AdvicePanel";
import { useAdvice } from "./choice/useAdvice";
import { useFlight } from "./choice/useFlight";
import { usePanicFlight } from "./choice/usePanicFlight";
import { ClosuresPanel } from "./closures/ClosuresPanel";
import { useClosures } from "./closures/useClosures";
import { WIDE_PX } from "./desk/board";
import { UnitBoard } from "./desk/UnitBoard";
import { HitCard } from "./HitCard";
import { IncidentCard } from "./IncidentCard";
import { CallsWaiting } from "./intake/CallsWaiting";
import { keepDrafts, useDraft } from "./intake/drafts";
import { useCalls } from "./intake/useCalls";
import { MapTable } from "./MapTable";
import { middleOf } from "./places/places";
import { Queue } from "./Queue";
import { RingPanel } from "./ring/RingPanel";
import { useRing } from "./ring/useRing";
import { CameraCard, UnitCard } from "./ThingCards";
import { useOverlays } from "./useOverlays";

export type SelectedKind = "hit" | "incident" | "unit" | "camera";
export interface Selected {
  kind: SelectedKind;
  id: Id;
}

const KINDS: SelectedKind[] = ["hit", "incident", "unit", "camera"];
const FROM_MAP: Partial<Record<Overlay, SelectedKind>> = {
  hits: "hit",
  incidents: "incident",
  units: "unit",
  cameras: "camera",
};

/** Up to this a card has the map's place: command.css. */
const NARROW_PX = 1100;
/** Positions on the map grow stale without any event; the features are made again this often. */
const REDRAW_MS = 15_000;

export default function CommandPage() {
  const { t } = useTranslation();
  const { may, me } = useSession();
  const [params, setParams] = useSearchParams();
  const map = useRef<LiveMap | null>(null);
  const hits = useHits();
  const incidents = useIncidents();
  const units = useUnits();
  const cameras = useCameras();
  const advice = useAdvice();
  const panics = usePanics();
  const flight = usePanicFlight(map, panics, units.data);
  const [choices, setChoices] = useState<PlaceCandidate[]>([]);
  const placeMap = useMemo(
    () => ({
      where: () => (map.current ? middleOf(map.current.bounds()) : null),
      show: (place: Wgs84) => map.current?.show(place),
      choices: setChoices,
    }),
    [],
  );
  const [near, setNear] = useState<NearCamera[]>([]);
  const [callers, setCallers] = useState<CallerView[]>([]);
  const callerMap = useMemo(
    () => ({ show: (place: Wgs84) => map.current?.flyTo(place), mark: setCallers }),
    [],
  );
  // Who corrects an incident takes the next click on the map.
  const corrects = useRef<((place: Wgs84) => void) | null>(null);
  const byHand = useMemo(
    () => ({
      listen: (take: ((place: Wgs84) => void) | null) => {
        corrects.current = take;
      },
    }),
    [],
  );
  const slowNow = Math.floor(useNow() / REDRAW_MS) * REDRAW_MS;

  const warnings = useInForce(slowNow);
  const closing = useClosures(slowNow);

  const isCalling = params.get("new") === "call";
  const calls = useCalls();
  const inHand =
    (isCalling && calls.data?.items.find((c) => c.id === params.get("call") && c.is_mine)) || null;
  const hand = useDraft(`${me?.id ?? ""}/${params.get("call") ?? "new"}`, inHand);
  const pin = hand.draft.place;
  const setPin = (place: Wgs84) => {
    if (isCalling) hand.change({ place });
    else corrects.current?.(place);
  };
  const open = params.get("call");
  useEffect(() => {
    if (!me || !calls.data || calls.data.is_cut) return;
    keepDrafts(me.id, [...calls.data.items.map((call) => call.id), ...(open ? [open] : [])]);
  }, [me, calls.data, open]);
  const isNarrow = useMediaQuery(`(max-width: ${NARROW_PX}px)`);
  const isWide = useMediaQuery(`(min-width: ${WIDE_PX}px)`);
  const isTable = params.get("view") === "table";
  const mayAdvise = may("dispatch.watch");
  const tab = params.get("tab") === "incidents" ? "incidents" : "hits";
  const kind = KINDS.find((k) => params.get(k) !== null);
  const selected: Selected | null = kind ? { kind, id: params.get(kind) ?? "" } : null;
  const isAdvice = !selected && !isCalling && mayAdvise && params.get("advice") !== null;
  const isCover = mayAdvise && params.get("cover") !== null;
  const isClosures = !selected && !isCalling && !isAdvice && params.get("closures") !== null;
  const isRing = selected?.kind === "incident" && params.get("ring") !== null && may("dispatch.order");
  const ring = useRing(isRing ? selected.id : null);
  const incidentPlace = incidents.data?.find((i) => i.id === selected?.id)?.position ?? null;
  const seenPlace = isRing ? (ring.place ?? incidentPlace) : null;

  const change = (next: Record<string, string | null>) =>
    setParams((old) => {
      const made = new URLSearchParams(old);
      for (const [name, value] of Object.entries(next)) {
        if (value === null) made.delete(name);
        else made.set(name, value);
      }
      return made;
    });

  const placeOf = (what: Selected): Wgs84 | null => {
    if (what.kind === "hit") return hits.data?.find((h) => h.id === what.id)?.position ?? null;
    if (what.kind === "incident") return incidents.data?.find((i) => i.id === what.id)?.position ?? null;
    if (what.kind === "camera") return cameras.data?.find((c) => c.id === what.id)?.position ?? null;
    const unit = units.data?.find((u) => u.id === what.id);
    return unit ? positions.freshest(unit).position : null;
  };

  const select = (what: Selected | null, isFlying = true) => {
    change({
      ...Object.fromEntries(KINDS.map((k) => [k, what?.kind === k ? what.id : null])),
      new: null,
      call: null,
      ring: null,
      cameras: null,
      advice: null,
      closures: null,
      ...(what?.kind === "hit" || what?.kind === "incident" ? { tab: `${what.kind}s` } : {}),
    });
    const place = what && isFlying ? placeOf(what) : null;
    if (place) map.current?.flyTo(place);
  };

  const newCall = () => {
    change({
      ...Object.fromEntries(KINDS.map((k) => [k, null])),
      new: "call",
      call: null,
      view: null,
      ring: null,
      advice: null,
      closures: null,
    });
  };

  const takeUp = (call: Call) => {
    newCall();
    change({ call: call.id });
    if (call.position) map.current?.show(call.position);
  };

  const showAdvice = (isOn: boolean) =>
    change({
      ...Object.fromEntries(KINDS.map((k) => [k, null])),
      new: null,
      ring: null,
      closures: null,
      advice: isOn ? "1" : null,
    });
  const showClosures = (isOn: boolean) => {
    closing.cancel();
    change({
      ...Object.fromEntries(KINDS.map((k) => [k, null])),
      new: null,
      ring: null,
      advice: null,
      closures: isOn ? "1" : null,
      ...(isOn ? { view: null } : {}),
    });
  };
  const isClosing = isClosures && closing.isDrawing;
  const fly = (place: Wgs84) => map.current?.flyTo(place);

  // A place that the command bar found.
  const flyTo = params.get("fly");
  useFlight(map, flyTo, flownTo(flyTo), () =>
    setParams(
      (old) => {
        const made = new URLSearchParams(old);
        made.delete("fly");
        return made;
      },
      { replace: true },
    ),
  );

  const rows = (tab === "hits" ? hits.data : incidents.data) ?? [];
  const step = (by: number) => {
    if (rows.length === 0) return;
    const here = rows.findIndex((row) => row.id === selected?.id);
    const next = rows[here < 0 ? 0 : Math.min(Math.max(here + by, 0), rows.length - 1)];
    if (next) select({ kind: tab === "hits" ? "hit" : "incident", id: next.id });
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: () => (selected || isAdvice ? document.getElementById("card")?.focus() : step(0)),
    Escape: () => {
      if (ring.isPlacing) ring.setPlacing(false);
      else if (isClosing) closing.cancel();
      else if (isClosures) showClosures(false);
      else if (isRing) change({ ring: null });
      else select(null);
    },
    1: () => change({ tab: "hits" }),
    2: () => change({ tab: "incidents" }),
    t: () => change({ view: isTable ? null : "table" }),
    ...(may("incidents.open") ? { n: newCall } : {}),
    ...(mayAdvise ? { v: () => showAdvice(!isAdvice) } : {}),
  });

  const toDo = (advice.data?.handovers.length ?? 0) + (advice.data?.moves.length ?? 0);

  const overlays = useOverlays({
    units: units.data,
    hits: hits.data,
    incidents: incidents.data,
    cameras: cameras.data,
    advice: advice.data,
    warnings,
    panics,
    closures: closing.items,
    drawn: isClosures ? closing.drawn : null,
    isCover,
    isMoves: isAdvice || isCover,
    plan: ring.held?.plan ?? null,
    seenPlace,
    choices,
    near,
    callers,
    pin: isCalling ? pin : null,
    now_ms: slowNow,
  });

  return (
    <div
      className="command"
      data-card={selected || isCalling || isAdvice || isClosures ? "" : undefined}
      data-placing={ring.isPlacing || isClosing || undefined}
    >
      <Alarm hits={hits.data} />
      <Queue
        tab={tab}
        onTab={(next) => change({ tab: next })}
        hits={hits}
        incidents={incidents}
        selected={selected}
        onSelect={select}
        onNewCall={may("incidents.open") ? newCall : null}
        calls={
          may("calls.take") && <CallsWaiting calls={calls} inHand={inHand?.id ?? null} onTaken={takeUp} />
        }
      />
      {isWide && (
        <UnitBoard
          units={units.data ?? []}
          incidents={incidents.data ?? []}
          selected={selected?.kind === "unit" ? selected.id : null}
          onSelect={(id) => select({ kind: "unit", id })}
        />
      )}
      <section className="stage" aria-label={t("command.stage")}>
        <div className="stage-bar">
          <SegmentedControl
            size="sm"
            value={isTable ? "table" : "map"}
            onChange={(view) => change({ view: view === "table" ? "table" : null })}
            data={[
              { value: "map", label: t("command.map") },
              { value: "table", label: t("command.table") },
            ]}
          />
          {mayAdvise && (
            <Button
              size="sm"
              variant="default"
              aria-pressed={isAdvice}
              onClick={() => showAdvice(!isAdvice)}
              rightSection={<Key>v</Key>}
              data-testid="open-advice"
            >
              {t("advice.open")}
              {toDo > 0 && (
                <span className="count count-warn" title={t("advice.count", { count: toDo })}>
                  {toDo}
                </span>
              )}
            </Button>
          )}
          <Button
            size="sm"
            variant="default"
            aria-pressed={isClosures}
            onClick={() => showClosures(!isClosures)}
            data-testid="open-closures"
          >
            {t("closure.open")}
            {closing.items.length > 0 && <span className="count count-warn">{closing.items.length}</span>}
          </Button>
          <WarningsSign warnings={warnings} now_ms={slowNow} />
          {mayAdvise && <PastEndSign />}
        </div>
        {flight.offer && !isTable && (
          <Button
            className="stage-offer"
            color="red"
            onClick={() => {
              if (flight.offer) fly(flight.offer);
              flight.drop();
            }}
            data-testid="panic-offer"
          >
            {t("panic.go_there")}
          </Button>
        )}
        {isCover && !isTable && advice.data?.cover && (
          <div className="stage-legend">
            <CoverLegend />
          </div>
        )}
        <div className="stage-map" hidden={isTable}>
          <MapView
            label={t("command.map_label")}
            overlays={overlays}
            selected={selected ? placeOf(selected) : null}
            isLive
            handle={map}
            {...(ring.held ? { fit: ringFit(ring.held, units.data ?? []) } : {})}
            onPick={({ overlay, id }) => {
              const picked = FROM_MAP[overlay];
              if (picked) select({ kind: picked, id }, false);
            }}
            onPlace={ring.isPlacing ? ring.setPlace : isClosing ? closing.add : setPin}
            isDrawing={ring.isPlacing || isClosing}
          />
        </div>
        {isTable && (
          <MapTable
            units={units.data ?? []}
            hits={hits.data ?? []}
            incidents={incidents.data ?? []}
            cameras={cameras.data ?? []}
            selected={selected}
            onSelect={select}
          />
        )}
      </section>
      {(selected || isCalling || isAdvice || isClosures) && (
        <aside className="card" id="card" tabIndex={-1} aria-label={t("command.card")}>
          {isCalling && !(params.get("call") && calls.isPending) && (
            <CallForm
              hand={hand}
              map={placeMap}
              callerMap={callerMap}
              // What was typed stays when somebody else takes the call over.
              key={params.get("call") ?? "new"}
              call={inHand}
              onDone={(id) => (id ? select({ kind: "incident", id }) : select(null))}
            />
          )}
          {isAdvice && (
            <AdvicePanel
              layer={{ isOn: isCover, set: (isOn) => change({ cover: isOn ? "1" : null }) }}
              onIncident={(id) => select({ kind: "incident", id })}
              onShow={fly}
              onClose={() => showAdvice(false)}
            />
          )}
          {isClosures && (
            <ClosuresPanel
              closing={closing}
              onShow={(place) => {
                // Where there is no room for both, the map takes the panel's.
                if (isNarrow) showClosures(false);
                fly(place);
              }}
              onClose={() => showClosures(false)}
            />
          )}
          {!isCalling && selected?.kind === "hit" && (
            <HitCard
              key={selected.id}
              id={selected.id}
              onIncident={(id) => select({ kind: "incident", id })}
              onClose={() => select(null)}
            />
          )}
          {!isCalling && isRing && (
            <RingPanel
              key={selected.id}
              id={selected.id}
              ring={ring}
              onFly={fly}
              onBack={() => {
                ring.setPlacing(false);
                change({ ring: null });
              }}
            />
          )}
          {!isCalling && !isRing && selected?.kind === "incident" && (
            <IncidentCard
              key={selected.id}
              id={selected.id}
              onHit={(id) => select({ kind: "hit", id })}
              onIncident={(id) => select({ kind: "incident", id })}
              onUnit={(unit) => unit.position && fly(unit.position)}
              onRing={() => change({ ring: "1" })}
              placeMap={placeMap}
              callerMap={callerMap}
              byHand={byHand}
              strip={{
                isOpen: params.get("cameras") !== null,
                onOpen: (isOpen) => change({ cameras: isOpen ? "1" : null }),
                onShow: fly,
                mark: setNear,
              }}
              onClose={() => select(null)}
            />
          )}
          {!isCalling && selected?.kind === "unit" && (
            <UnitCard unit={units.data?.find((u) => u.id === selected.id)} onClose={() => select(null)} />
          )}
          {!isCalling && selected?.kind === "camera" && (
            <CameraCard
              camera={cameras.data?.find((c) => c.id === selected.id)}
              onClose={() => select(null)}
            />
          )}
        </aside>
      )}
    </div>
  );
}
