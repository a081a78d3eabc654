// Keyboard first: single keys, never while somebody types.

import { useEffect, useRef } from "react";

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"]') !== null;
}

const dialogKeys = new WeakSet<Event>();

/**
 * A dialog owns the keyboard while it is open. Its Escape closes it before the page behind hears the same key, so that is noted when
 * the key goes down: ahead of whatever else listens, whence the call stands at the program's start.
 */
export function watchDialogKeys(stage: EventTarget, isOpen: () => boolean = isDialogOpen): void {
  stage.addEventListener(
    "keydown",
    (event) => {
      if (isOpen()) dialogKeys.add(event);
    },
    true,
  );
}

/** Whether this key went down in a dialog, be it gone by now. */
export const wasDialogs = (event: Event): boolean => dialogKeys.has(event);

interface Pressed {
  key: string;
  defaultPrevented: boolean;
  nativeEvent: { isComposing: boolean };
  target: unknown;
}

/** Escape leaves a form, except where it closes a list in it or gives up a character that is being put together. */
export function leavesForm(event: Pressed): boolean {
  if (event.key !== "Escape" || event.nativeEvent.isComposing || event.defaultPrevented) return false;
  // Mantine marks the field of an open list so.
  return !(event.target as Partial<Element> | null)?.closest?.("[data-mantine-stop-propagation]");
}

/** `isFirst`: a page takes a key before the frame around it does. */
export function useKeys(map: KeyMap, isOn = true, isFirst = false): void {
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => {
    if (!isOn) return;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isTyping(event.target) || wasDialogs(event)) return;
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
