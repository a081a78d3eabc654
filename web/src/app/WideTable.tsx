import type { ReactNode } from "react";

/** Round a table that may be wider than a phone: it scrolls by itself, by keyboard as well. */
export function WideTable({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard
    <section className="wide-table" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
