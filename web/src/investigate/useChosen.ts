// The one selection of an answer, shared by its rows and its map.

import { useState } from "react";
import type { Micros } from "../app/api/types";
import type { Spot } from "../app/api/types.lake";

export interface Chosen {
  id: string | null;
  /** Places that were fetched for the chosen row. */
  shared: Spot[];
  /** The map takes clicks for the question, although there is an answer. */
  isPicking: boolean;
  /** Of the trend; null: all periods together. */
  period_us: Micros | null;
  choose: (id: string) => void;
  choosePeriod: (period_us: Micros | null) => void;
  share: (spots: Spot[]) => void;
  pick: () => void;
  leave: () => void;
}

export function useChosen(): Chosen {
  const [id, setId] = useState<string | null>(null);
  const [shared, setShared] = useState<Spot[]>([]);
  const [period_us, choosePeriod] = useState<Micros | null>(null);
  const [isPicking, setPicking] = useState(false);
  return {
    id,
    shared,
    isPicking,
    period_us,
    choosePeriod,
    choose: (next) => {
      setId(next);
      if (next !== id) setShared([]);
    },
    share: setShared,
    pick: () => setPicking(true),
    leave: () => {
      setId(null);
      setShared([]);
      choosePeriod(null);
      setPicking(false);
    },
  };
}
