import type { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { afterMerge } from "../command/intake/afterMerge";
import { TOUCHES } from "./live";

describe("photos of an incident", () => {
  it("are read again when one of its orders changed, and not with every change of every incident", () => {
    expect(TOUCHES.assignment_changed).toContain("photos");
    expect(TOUCHES.incident_changed).not.toContain("photos");
  });

  it("are read again when a report was merged: its photos come along", () => {
    const read: unknown[] = [];
    const client = { invalidateQueries: ({ queryKey }: { queryKey: string[] }) => read.push(queryKey[0]) };
    afterMerge(client as unknown as QueryClient);
    expect(read).toContain("photos");
  });
});
