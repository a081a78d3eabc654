// What another page of this console shows otherwise once an incident was merged, or a merge undone.

import type { QueryClient } from "@tanstack/react-query";

const TOUCHED = ["incidents", "photos", "duplicates-of", "par", "run-card", "checks"];

export function afterMerge(client: QueryClient): void {
  for (const name of TOUCHED) void client.invalidateQueries({ queryKey: [name] });
}
