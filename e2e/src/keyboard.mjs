// Hands that stay on the keyboard.

/** As often as a patient person presses Tab. */
const STEPS_MAX = 150;

/** Tab until the element is in hand; a person who cannot get there by keyboard cannot get there at all. */
export async function tabTo(actor, testId, nth = 0) {
  const { page } = actor;
  const wanted = page.getByTestId(testId).nth(nth);
  await wanted.waitFor().catch((error) => actor.explain(error));
  for (let step = 0; step < STEPS_MAX; step += 1) {
    if (
      await wanted.evaluate(
        (element) => element === document.activeElement || element.contains(document.activeElement),
      )
    )
      return;
    await page.keyboard.press("Tab");
  }
  await actor.explain(new Error(`${testId} was not reached in ${STEPS_MAX} presses of Tab`));
}

export async function press(actor, testId, nth = 0) {
  await tabTo(actor, testId, nth);
  await actor.page.keyboard.press("Enter");
}

/** Types a kind's name into the select of a call, and takes the first that fits. */
export async function chooseKind(actor, name) {
  const { page } = actor;
  await tabTo(actor, "call-kind");
  await page.keyboard.type(name);
  await page.getByRole("option", { name }).first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
}

/** Says so when a page was ever touched by anything but keys. */
export async function watchMouse(actor) {
  await actor.page.addInitScript(() => {
    globalThis.touched = 0;
    for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, () => (globalThis.touched += 1), true);
  });
  return () => actor.page.evaluate(() => globalThis.touched);
}
