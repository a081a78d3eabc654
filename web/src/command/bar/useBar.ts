// The command bar's side of the palette: what the typed line means, and doing it.

import { useDebouncedValue } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { dispatch } from "../../app/api/calls";
import { desk } from "../../app/api/calls.desk";
import type { PlaceCandidate } from "../../app/api/types.places";
import { useIncidents, useKindTitle, useUnits } from "../../app/queries";
import { sayReason } from "../../app/reasonText";
import { useSession } from "../../app/session";
import { explain } from "../../app/states";
import { dropNotice, tellDone } from "../desk/undo";
import { act, asksFirst, flyPath, pathOf, reasonsFor, type Unsaid } from "./act";
import { type Meaning, placeIn, type Reading, read } from "./grammar";
import { forgetLines, remember } from "./history";
import { meaningId, sayHint, sayMeaning } from "./say";

const NOTHING: Reading = { meanings: [], hint: null };
const CODES_MS = 600_000;
const PLACES_MAX = 4;
const PLACE_CHARS_MIN = 2;
/** Whoever still types is not asked about. */
const SETTLES_MS = 250;

export interface BarChoice {
  id: string;
  label: string;
  /** What it ends does not come back: Enter is pressed twice. */
  asks: boolean;
  run: () => void;
}

export function useBar(text: string, isOpen: boolean, onDone: () => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [path, go] = useLocation();
  const search = useSearch();
  const { may, me } = useSession();
  const mayOrder = may("dispatch.order");
  const kindTitle = useKindTitle();
  const isOn = isOpen && mayOrder;
  const units = useUnits(isOn);
  const incidents = useIncidents("open", isOn);
  const codes = useQuery({
    queryKey: ["radio-codes"],
    queryFn: desk.codes,
    enabled: isOn,
    staleTime: CODES_MS,
  });
  const person = me?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what one person typed and did is nothing to the next
  useEffect(
    () => () => {
      forgetLines();
      dropNotice();
    },
    [person],
  );
  const [failed, setFailed] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  // What was refused for want of a reason, and the reasons to choose from.
  const [unsaid, setUnsaid] = useState<({ meant: Meaning } & Unsaid) | null>(null);

  const world = useMemo(
    () => ({
      units: units.data ?? [],
      incidents: (incidents.data ?? []).filter((one) => one.state !== "closed" && one.state !== "merged"),
      codes: codes.data?.codes ?? [],
    }),
    [units.data, incidents.data, codes.data],
  );
  const reading = useMemo(() => (isOn ? read(text, world) : NOTHING), [isOn, text, world]);

  const [settled] = useDebouncedValue(text, SETTLES_MS);
  const wanted = placeIn(settled);
  const isPlace =
    isOn &&
    settled === text &&
    reading.meanings.length === 0 &&
    !reading.hint &&
    wanted.length >= PLACE_CHARS_MIN;
  const places = useQuery({
    queryKey: ["bar-places", wanted],
    queryFn: ({ signal }) => dispatch.places(wanted, null, signal),
    enabled: isPlace,
    staleTime: CODES_MS,
    retry: false,
  });

  const run = async (meant: Meaning, why: string | null = null) => {
    const to = pathOf(meant);
    if (to) {
      remember(text);
      onDone();
      go(to);
      return;
    }
    setBusy(true);
    setFailed(null);
    setUnsaid(null);
    try {
      const undo = await act(meant, why);
      tellDone({ said: sayMeaning(meant, t, kindTitle), undo });
      remember(text);
      onDone();
    } catch (error) {
      // The line stays: what was refused is mended and sent again.
      setFailed(explain(error, t));
      const asks = reasonsFor(error);
      setUnsaid(asks && { meant, ...asks });
    } finally {
      setBusy(false);
      for (const key of ["incidents", "units", "recommendations"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    }
  };
  const fly = (place: PlaceCandidate) => {
    remember(text);
    onDone();
    go(flyPath(place.position, path, search));
  };

  const meant: BarChoice[] = reading.meanings.map((one) => ({
    id: meaningId(one),
    label: sayMeaning(one, t, kindTitle),
    asks: asksFirst(one, reading),
    run: () => void run(one),
  }));
  const found: BarChoice[] = (isPlace ? (places.data?.items ?? []) : [])
    .slice(0, PLACES_MAX)
    .map((place, at) => ({
      id: `place ${at}`,
      label: t("bar.fly", { place: place.address }),
      asks: false,
      run: () => fly(place),
    }));
  const whys: BarChoice[] | undefined = unsaid?.codes.map((code) => ({
    id: `why ${code}`,
    label: sayReason(unsaid.asked, code, t),
    asks: false,
    run: () => void run(unsaid.meant, code),
  }));
  return {
    choices: whys ?? [...meant, ...found],
    hint: reading.hint ? sayHint(reading.hint, t) : null,
    failed,
    isBusy,
    forget: () => {
      setFailed(null);
      setUnsaid(null);
    },
  };
}
