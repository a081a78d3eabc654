import { describe, expect, it } from "vitest";
import { leavesForm, wasDialogs, watchDialogKeys } from "./keys";

/** A window whose dialog closes on the key, as ours do: while the key travels, and before the page behind hears it. */
function desk(isOpenAtFirst: boolean) {
  let isOpen = isOpenAtFirst;
  const stage = new EventTarget();
  const behind: boolean[] = [];
  watchDialogKeys(stage, () => isOpen);
  const close = () => {
    isOpen = false;
  };
  stage.addEventListener("keydown", close, true);
  stage.addEventListener("keydown", (event) => behind.push(wasDialogs(event)));
  return { press: () => stage.dispatchEvent(new Event("keydown")), behind };
}

describe("a key", () => {
  it("that closed a dialog is still the dialog's, and the next one is the page's", () => {
    const { press, behind } = desk(true);
    press();
    press();
    expect(behind).toEqual([true, false]);
  });

  it("is the page's where no dialog is open", () => {
    const { press, behind } = desk(false);
    press();
    expect(behind).toEqual([false]);
  });
});

describe("Escape", () => {
  const field = (isListOpen: boolean) => ({ closest: () => (isListOpen ? {} : null) });
  const pressed = {
    key: "Escape",
    defaultPrevented: false,
    nativeEvent: { isComposing: false },
    target: field(false),
  };

  it("leaves a form", () => {
    expect(leavesForm(pressed)).toBe(true);
    expect(leavesForm({ ...pressed, key: "Enter" })).toBe(false);
  });

  it("that closes a list, gives up a character or was taken by a field leaves the form open", () => {
    expect(leavesForm({ ...pressed, target: field(true) })).toBe(false);
    expect(leavesForm({ ...pressed, nativeEvent: { isComposing: true } })).toBe(false);
    expect(leavesForm({ ...pressed, defaultPrevented: true })).toBe(false);
  });
});
