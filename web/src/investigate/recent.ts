// What was asked lately. In memory alone: a plate that was searched for is personal data, and this device is shared.

import type { Id } from "../app/api/types";
import { type Draft, type Kind, toParams } from "./questions";

export interface Asked {
  kind: Kind;
  draft: Draft;
  at_ms: number;
}

// A long list of thefts stands in no address.
const saying = ({ kind, draft }: Asked) =>
  `${toParams(kind, draft, false)} ${kind === "zones" ? draft.thefts : ""}`;

const MOST = 12;
let owner: Id | null = null;
let kept: Asked[] = [];

export function remember(who: Id, asked: Asked): void {
  if (who !== owner) kept = [];
  owner = who;
  const said = saying(asked);
  kept = [asked, ...kept.filter((one) => saying(one) !== said)].slice(0, MOST);
}

export function recentOf(who: Id): readonly Asked[] {
  return who === owner ? kept : [];
}
