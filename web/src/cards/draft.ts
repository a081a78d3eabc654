// Run cards as a supervisor edits them. Pure, so that every button is a function that can be tested.

import type { CardAsk, CardLevel, RunCards, SetCards, WriteCards } from "../app/api/types.shifts";

export const LEVELS_MAX = 3;
export const ASKS_MAX = 10;
export const COUNT_MAX = 10;

export const newAsk = (): CardAsk => ({ count: 1, unit_kind: null, skills: [] });

/** A change keeps the version that it began from, whatever is read anew under it: so nobody's cards are written over unseen. */
export const withChange = (draft: WriteCards | null, held: SetCards, next: RunCards): WriteCards => ({
  cards: next.cards,
  base_version: draft?.base_version ?? held.version,
});

export function withKind(cards: RunCards, kind: string, levels: CardLevel[] | null): RunCards {
  const { [kind]: _, ...others } = cards.cards;
  return { cards: levels ? { ...others, [kind]: levels } : others };
}

/** A new level begins as the one below: a higher alarm never asks for less. */
export function withLevel(levels: CardLevel[]): CardLevel[] {
  if (levels.length >= LEVELS_MAX) return levels;
  const below = levels.at(-1)?.asks ?? [newAsk()];
  return [...levels, { asks: below.map((ask) => ({ ...ask, skills: [...ask.skills] })) }];
}

export function withAsk(levels: CardLevel[], level: number, at: number, ask: CardAsk | null): CardLevel[] {
  return levels.map((one, index) => {
    if (index !== level) return one;
    if (!ask) return { asks: one.asks.filter((_, place) => place !== at) };
    const asks = [...one.asks];
    asks[Math.min(at, asks.length)] = ask;
    return { asks: asks.slice(0, ASKS_MAX) };
  });
}

const units = (level: CardLevel) => level.asks.reduce((sum, ask) => sum + ask.count, 0);

/** The first level that the server would refuse, from 1. */
export function faultOf(levels: CardLevel[]): { level: number; why: "empty" | "fewer" } | null {
  for (const [index, level] of levels.entries()) {
    if (level.asks.length === 0) return { level: index + 1, why: "empty" };
    const below = levels[index - 1];
    if (below && units(level) < units(below)) return { level: index + 1, why: "fewer" };
  }
  return null;
}
