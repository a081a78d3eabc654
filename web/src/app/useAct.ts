// An act that changes what a list shows: the list is read again once it was done.

import { useMutation, useQueryClient } from "@tanstack/react-query";

/** `list`: the key of what is to be read again. Without a value `mutate` takes none. */
export function useAct<Value = void, Answer = unknown>(
  list: string,
  run: (value: Value) => Promise<Answer>,
  onDone: (answer: Answer) => void = () => {},
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (answer) => {
      void client.invalidateQueries({ queryKey: [list] });
      onDone(answer);
    },
  });
}
