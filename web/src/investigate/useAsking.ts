// What is being asked: the tab, its fields, the grounds, and what was asked already. The address says the same.

import { useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import type { Grounds } from "../app/api/types";
import { useSession } from "../app/session";
import type { Question } from "./answer";
import type { Side } from "./answers/zones";
import type { Area } from "./area";
import type { Tab } from "./form/QuestionRail";
import { keepGrounds, keptGrounds, lacksCase } from "./grounds";
import {
  carriedTo,
  type Draft,
  FIRST,
  fromParams,
  hasSpan,
  type Kind,
  type Problems,
  problemsOf,
  toParams,
} from "./questions";
import { type Asked, remember } from "./recent";
import { windowOf } from "./span";

export interface Asking {
  kind: Kind;
  draft: Draft;
  grounds: Grounds;
  problems: Problems;
  /** Nobody is told what is missing before having tried. */
  isTried: boolean;
  isTable: boolean;
  isCustody: boolean;
  question: Question | null;
  answered: Set<Kind>;
  setDraft: (draft: Draft) => void;
  setGrounds: (grounds: Grounds) => void;
  setTable: (isTable: boolean) => void;
  ask: () => void;
  go: (tab: Tab) => void;
  follow: (kind: Kind, plate: string) => void;
  recall: (asked: Asked) => void;
  /** Which place of each theft is looked at: another look at the same answer. */
  setSide: (side: Side) => void;
  /** The passages of an area, ready to be asked for. */
  toArea: (area: Area) => void;
}

function focusFirstFault(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(".investigate [aria-invalid=true]")?.focus(),
  );
}

/** `onMoved`: another question is before the person; what was chosen in the last one is not. */
export function useAsking(onMoved: () => void): Asking {
  const { me } = useSession();
  const [params, setParams] = useSearchParams();
  const first = useMemo(() => fromParams(new URLSearchParams(window.location.search), FIRST), []);
  const [kind, setKind] = useState<Kind>(first.kind);
  const [draft, setDraft] = useState<Draft>(first.draft);
  const [grounds, setGrounds] = useState(keptGrounds);
  const [isTried, setTried] = useState(false);
  const [asked, setAsked] = useState<Partial<Record<Kind, Question>>>({});
  const address = params.toString();
  const written = useRef(address);
  const moved = useRef(onMoved);
  moved.current = onMoved;

  const show = (nextKind: Kind, nextDraft: Draft) => {
    setKind(nextKind);
    setDraft(nextDraft);
    setTried(false);
    moved.current();
  };

  // The address may change without us: back, forward, the palette.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the address matters
  useEffect(() => {
    if (address === written.current) return;
    written.current = address;
    const next = fromParams(new URLSearchParams(address), draft);
    show(next.kind, next.draft);
  }, [address]);

  const write = (next: URLSearchParams) => {
    // The same address twice would make Back do nothing.
    if (next.toString() === address) return;
    written.current = next.toString();
    setParams(next);
  };
  const isTable = params.get("view") === "table";

  const askNow = (nextKind: Kind, nextDraft: Draft) => {
    show(nextKind, nextDraft);
    const now = Date.now();
    const isGrounded = nextKind === "counts" || !lacksCase(grounds);
    if (!isGrounded || Object.keys(problemsOf(nextKind, nextDraft, now)).length > 0) {
      setTried(true);
      focusFirstFault();
      return;
    }
    const clean = { ...grounds, case_ref: grounds.case_ref.trim() };
    keepGrounds(clean);
    const span = hasSpan(nextKind) ? windowOf(nextDraft.span, now) : null;
    const made: Question = {
      kind: nextKind,
      draft: nextDraft,
      window: span ?? { from_us: 0, until_us: 0 },
      grounds: clean,
      nonce: now,
    };
    setAsked((old) => ({ ...old, [nextKind]: made }));
    write(toParams(nextKind, nextDraft, isTable));
    if (me) remember(me.id, { kind: nextKind, draft: nextDraft, at_ms: now });
  };

  const moveTo = (nextKind: Kind, nextDraft: Draft) => {
    show(nextKind, nextDraft);
    write(toParams(nextKind, nextDraft, false));
  };

  return {
    kind,
    draft,
    grounds,
    problems: problemsOf(kind, draft, Date.now()),
    isTried,
    isTable,
    isCustody: params.get("q") === "custody",
    question: asked[kind] ?? null,
    answered: new Set(Object.keys(asked) as Kind[]),
    setDraft,
    setGrounds,
    setTable: (next) => write(toParams(kind, draft, next)),
    ask: () => askNow(kind, draft),
    go: (tab) =>
      tab === "custody" ? write(new URLSearchParams({ q: "custody" })) : moveTo(tab, carriedTo(tab, draft)),
    follow: (nextKind, plate) => askNow(nextKind, carriedTo(nextKind, { ...draft, plate })),
    recall: (one) => moveTo(one.kind, one.draft),
    setSide: (side) => {
      setDraft({ ...draft, side });
      write(toParams(kind, { ...draft, side }, isTable));
    },
    toArea: (area) => moveTo("area", carriedTo("area", { ...draft, area })),
  };
}
