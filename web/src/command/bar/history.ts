// What was typed before, the newest last. In memory alone: a note may hold a name, and a shared console keeps nothing of it.

const LINES_MAX = 50;
let lines: string[] = [];

export function remember(line: string): void {
  const said = line.trim();
  if (!said) return;
  lines = [...lines.filter((known) => known !== said), said].slice(-LINES_MAX);
}

/** `back` 1 is the newest; `null` where there is none. */
export function lineBefore(back: number): string | null {
  return back >= 1 ? (lines.at(-back) ?? null) : null;
}

/** The next person at this console has said nothing yet. */
export function forgetLines(): void {
  lines = [];
}
