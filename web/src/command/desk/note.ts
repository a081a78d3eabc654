// What stays in the box when a note has been taken.

/** Whoever has typed on meanwhile loses nothing; what was said is not there to be said twice. */
export function leftAfter(typed: string, said: string): string {
  return typed === said ? "" : typed;
}
