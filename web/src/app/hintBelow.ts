import type { InputWrapperProps } from "@mantine/core";

/** For fields that stand beside others: a hint above one box would push it below its neighbour's. */
export const HINT_BELOW: NonNullable<InputWrapperProps["inputWrapperOrder"]> = [
  "label",
  "input",
  "description",
  "error",
];
