// Finds a kind by what people call it: its title, its key, or one of its other names.

import type { ComboboxItem } from "@mantine/core";
import type { IncidentKind } from "../../app/api/types";

export function byName(options: ComboboxItem[], search: string, kinds: IncidentKind[]): ComboboxItem[] {
  const typed = search.trim().toLowerCase();
  if (!typed) return options;
  const has = (text: string) => text.toLowerCase().includes(typed);
  return options.filter(({ value, label }) => {
    const others = kinds.find((kind) => kind.key === value)?.aliases ?? [];
    return has(label) || has(value) || others.some(has);
  });
}
