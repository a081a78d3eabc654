import { useEffect, useState } from "react";

/**
 * For a dialog that is there only while it is open: the keyboard returns to where it was. (Mantine's own return waits for `opened` to
 * change, which such a dialog never sees.)
 */
export function useFocusBack(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    },
    [before],
  );
}
