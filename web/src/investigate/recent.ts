// What was asked lately. In memory alone: a plate that was searched for is personal data, and this device is shared.

import type { Id } from "../app/api/types";
import type { Draft, Kind } from "./questions";

export interface Asked {
  kind: Kind;
  draft: Draft;
  summary: string;
  at_ms: number;
}

const MOST = 12;
let owner: Id | null = null;
let kept: Asked[] = [];

export function remember(who: Id, asked: Asked): void {
  if (who !== owner) kept = [];
  owner = who;
  const same = (one: Asked) => one.kind === asked.kind && one.summary === asked.summary;
  kept = [asked, ...kept.filter((one) => !same(one))].slice(0, MOST);
}

export function recentOf(who: Id): readonly Asked[] {
  return who === owner ? kept : [];
}
