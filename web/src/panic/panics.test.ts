import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import type { Panic } from "../app/api/types.choice";
import { askPanics, inOrder, PANICS, withPanic } from "./panics";

function panic(incident: string, state: Panic["state"], raised_at_us: number): Panic {
  return {
    incident,
    incident_number: `115-${incident}`,
    unit: `u-${incident}`,
    call_sign: "永康 21",
    position: null,
    position_at_us: null,
    raised_at_us,
    state,
    acknowledged_by: null,
  };
}

const names = (list: Panic[]) => list.map((one) => `${one.incident} ${one.state}`);

describe("those who cry for help", () => {
  it("stand before those who were answered, and the longest wait first", () => {
    const list = [panic("a", "acknowledged", 1), panic("b", "raised", 9), panic("c", "raised", 5)];
    expect(names(inOrder(list))).toEqual(["c raised", "b raised", "a acknowledged"]);
  });

  it("are gone when it is over, and not when their crew says it is safe", () => {
    const list = [panic("a", "raised", 1)];
    expect(names(withPanic(list, panic("a", "cancelled", 1)))).toEqual(["a cancelled"]);
    expect(withPanic(list, panic("a", "over", 1))).toEqual([]);
  });

  it("are not forgotten because a list was asked for just before they cried", async () => {
    const client = new QueryClient();
    const answers: ((list: Panic[]) => void)[] = [];
    const ask = () => new Promise<Panic[]>((done) => answers.push(done));
    const stop = new QueryObserver(client, { queryKey: PANICS, queryFn: ask }).subscribe(() => undefined);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    void askPanics(client);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.([panic("a", "raised", 1)]);
    answers[0]?.([]);
    await vi.waitFor(() => expect(names(client.getQueryData<Panic[]>(PANICS) ?? [])).toEqual(["a raised"]));
    stop();
  });
});
