// An act that changes what a list shows: it is done once the list has been read again.

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";

/**
 * Whoever acts waits for the list as well: else the button could be pressed again while the list still shows what was before. A list that
 * cannot be read holds nobody up, for it says so by itself.
 */
export function actOn<Value, Answer>(
  client: QueryClient,
  list: string,
  run: (value: Value) => Promise<Answer>,
  onDone: (answer: Answer) => void = () => {},
) {
  return {
    mutationFn: run,
    onSuccess: async (answer: Answer) => {
      await client.invalidateQueries({ queryKey: [list] });
      onDone(answer);
    },
  };
}

/** `list`: the key of what is to be read again; `onDone`, which may close a form, comes after it. Without a value `mutate` takes none. */
export function useAct<Value = void, Answer = unknown>(
  list: string,
  run: (value: Value) => Promise<Answer>,
  onDone?: (answer: Answer) => void,
) {
  return useMutation(actOn(useQueryClient(), list, run, onDone));
}
