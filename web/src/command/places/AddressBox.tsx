// The address of a call: typed as the caller says it, with the places that it may mean below. A person picks; the pick sets the
// pin, and what was typed stays.

import "./places.css";
import { TextInput } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Wgs84 } from "../../app/api/types";
import type { FoundPlaces, PlaceCandidate } from "../../app/api/types.places";
import { distance_m, sayDistance } from "../../app/say";
import { explain } from "../../app/states";
import { firstActive, keyDoes, stepActive, TEXT_CHARS_MAX } from "./places";
import { type PlacesFound, usePlaces } from "./usePlaces";

export interface PlaceMap {
  /** Where she looks. */
  where: () => Wgs84 | null;
  /** Brings one of the choices into view. */
  show: (place: Wgs84) => void;
  /** Numbers the choices on the map; none when the list is gone. */
  choices: (places: PlaceCandidate[]) => void;
}

interface Props {
  text: string;
  onText: (text: string) => void;
  /** What the text was taken for, while the pin is still there. */
  picked: PlaceCandidate | null;
  /** A pin stands on the map, whoever put it there. */
  isPlaced: boolean;
  onPick: (place: PlaceCandidate) => void;
  map: PlaceMap;
}

const NOTHING: PlaceCandidate[] = [];

export function AddressBox({ text, onText, picked, isPlaced, onPick, map }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [isComposing, setComposing] = useState(false);
  /** The text that was waved through with Escape, or came from a pick: no list for it. */
  const [settled, setSettled] = useState("");
  const isOn = !isComposing && text.trim() !== settled;
  const { found, near, isAsking, error } = usePlaces(text, isOn, map.where);
  const [move, setMove] = useState<{ of: FoundPlaces | null; to: number }>({ of: null, to: -1 });
  const items = (isOn && found?.items) || NOTHING;
  const active = found && move.of === found ? move.to : firstActive(found, isPlaced && !picked);
  const isOpen = items.length > 0;
  const activeId = active >= 0 ? `${id}-${active}` : undefined;

  const { choices } = map;
  useEffect(() => choices(items), [choices, items]);
  // The form may close with the list open.
  useEffect(() => () => choices(NOTHING), [choices]);

  const goTo = (to: number) => {
    setMove({ of: found, to });
    const place = items[to];
    if (place) map.show(place.position);
    // The focus stays in the box, so the list does not scroll by itself.
    document.getElementById(`${id}-${to}`)?.scrollIntoView({ block: "nearest" });
  };
  const pick = (place: PlaceCandidate | undefined) => {
    if (!place) return;
    setSettled((place.is_completion ? place.address : text).trim());
    onPick(place);
  };
  const press = (event: KeyboardEvent) => {
    const isUnplaced = isOn && text.trim() !== "" && !isPlaced;
    const does = keyDoes(event.key, {
      isOpen,
      active,
      isUnplaced,
      isComposing: isComposing || event.nativeEvent.isComposing,
    });
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    if (does === "down" || does === "up") goTo(stepActive(active, does === "down" ? 1 : -1, items.length));
    else if (does === "pick") pick(items[active]);
    else if (does === "close") setSettled(text.trim());
  };

  return (
    <div className="address-box">
      <TextInput
        label={t("call.address")}
        placeholder={t("call.address_hint")}
        size="md"
        maxLength={TEXT_CHARS_MAX}
        value={text}
        onChange={(event) => {
          setSettled("");
          onText(event.currentTarget.value);
        }}
        onKeyDown={press}
        onCompositionStart={() => setComposing(true)}
        onCompositionEnd={() => setComposing(false)}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen ? activeId : undefined}
        aria-describedby={`${id}-said`}
        autoComplete="off"
        data-testid="call-address"
      />
      <p id={`${id}-said`} className="address-said" role="status" data-testid="places-said">
        {isOn && <Said found={found} isAsking={isAsking} error={error} />}
        {picked &&
          t("places.picked", {
            address: picked.address,
            kind: t(`places.kind.${picked.kind}`),
            radius: sayDistance(picked.radius_m, t),
          })}
      </p>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={t("places.list")}
        className="address-list"
        hidden={!isOpen}
        data-testid="places-list"
      >
        {items.map((place, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the box's, where the focus is
          // biome-ignore lint/a11y/useFocusableInteractive: as above
          <div
            key={`${place.address}-${place.position.lon}-${place.position.lat}`}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === active}
            className="address-option"
            // The box must not lose the focus before the click counts.
            onMouseDown={(event) => event.preventDefault()}
            // A list that opens under a mouse at rest must not have one of its places chosen by it.
            onMouseMove={({ movementX, movementY }) => {
              const isMoved = movementX !== 0 || movementY !== 0;
              if (isMoved && at !== active) setMove({ of: found, to: at });
            }}
            onClick={() => pick(place)}
            data-testid="place-option"
          >
            <span className="address-number" aria-hidden="true">
              {at + 1}
            </span>
            <span className="address-text">{place.address}</span>
            <Facts place={place} near={near} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** Whether there is anything, and what to do about it. */
function Said({ found, isAsking, error }: Omit<PlacesFound, "near">) {
  const { t } = useTranslation();
  if (error) return <span className="note-warn">{explain(error, t)}</span>;
  if (!found) return isAsking ? t("places.asking") : null;
  const why = found.why_not.map((one) => t(`places.why.${one.key}`, one.params)).join(t("app.clause_joiner"));
  if (found.items.length === 0) return `${t("places.none")}${why && t("app.colon") + why}`;
  if (found.is_ambiguous) return <strong>{t("places.ambiguous", { count: found.items.length })}</strong>;
  return [t("places.found", { count: found.items.length }), why].filter(Boolean).join(t("app.clause_joiner"));
}

function Facts({ place, near }: { place: PlaceCandidate; near: Wgs84 | null }) {
  const { t } = useTranslation();
  const facts = [
    t(`places.kind.${place.kind}`),
    t("places.radius", { radius: sayDistance(place.radius_m, t) }),
    ...(place.beside ? [t("places.beside", { beside: place.beside })] : []),
    ...(near ? [t("places.away", { distance: sayDistance(distance_m(near, place.position), t) })] : []),
  ];
  return (
    <span className="address-facts">
      {facts.join(" · ")}
      {place.doubts.map((doubt) => (
        // The same doubt may hold for two streets of a crossing.
        <span key={`${doubt.key} ${JSON.stringify(doubt.params)}`} className="address-doubt">
          {t(`places.doubt.${doubt.key}`, doubt.params)}
        </span>
      ))}
    </span>
  );
}
