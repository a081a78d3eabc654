/** The key that does the same as the button it stands on; the button's name says it to those who do not see it. */
export function Key({ children }: { children: string }) {
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: kbd takes no focus
  return <kbd aria-hidden="true">{children}</kbd>;
}
