// Keyboard first: single keys, never while somebody types.

import { useEffect, useRef } from "react";

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** A dialog owns the keyboard while it is open. */
function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"]') !== null;
}

/** `isFirst`: a page takes a key before the frame around it does. */
export function useKeys(map: KeyMap, isOn = true, isFirst = false): void {
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => {
    if (!isOn) return;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isTyping(event.target) || isDialogOpen()) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      // Enter on a focused button presses that button.
      if (event.key === "Enter" && event.target instanceof HTMLButtonElement) return;
      const act = latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    const stage = isFirst ? document : window;
    stage.addEventListener("keydown", press as EventListener);
    return () => stage.removeEventListener("keydown", press as EventListener);
  }, [isOn, isFirst]);
}
