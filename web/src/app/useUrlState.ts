// What is looked at, in the address: it can be sent to a colleague, and the back button goes through it.

import { useSearchParams } from "wouter";

/**
 * Parameters of these names, "" where the address has none, and what changes some of them. A change for which `isStep` is false
 * replaces the entry in the history: it is no place to go back to.
 */
export function useUrlState<Name extends string>(
  names: readonly Name[],
  isStep: (next: Partial<Record<Name, string>>) => boolean,
): [Record<Name, string>, (next: Partial<Record<Name, string>>) => void] {
  const [params, setParams] = useSearchParams();
  const now = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ""])) as Record<Name, string>;
  const change = (next: Partial<Record<Name, string>>) =>
    setParams(
      (old) => {
        const made = new URLSearchParams(old);
        for (const name of names) {
          const value = next[name];
          if (value) made.set(name, value);
          else if (name in next) made.delete(name);
        }
        return made;
      },
      { replace: !isStep(next) },
    );
  return [now, change];
}
