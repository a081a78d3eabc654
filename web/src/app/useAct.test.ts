import { MutationObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { actOn } from "./useAct";

const LIST = "seals";

/** A page that shows a list: each reading of it waits until the test answers. */
function page() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: "always" } } });
  const readings: { answer: (state: string) => void; fail: (error: Error) => void }[] = [];
  const queryFn = () => new Promise<string>((answer, fail) => readings.push({ answer, fail }));
  const leave = new QueryObserver(client, { queryKey: [LIST, "open"], queryFn }).subscribe(() => undefined);
  const shown = () => client.getQueryData<string>([LIST, "open"]);
  const reading = async (nth: number) => {
    await vi.waitFor(() => expect(readings).toHaveLength(nth));
    return readings[nth - 1] as (typeof readings)[number];
  };
  return { client, shown, reading, leave };
}

it("an act is done when the list shows it, so that a second press meets what is", async () => {
  const { client, shown, reading, leave } = page();
  (await reading(1)).answer("asked");
  const seen: (string | undefined)[] = [];
  const done = () => void seen.push(shown());
  const act = new MutationObserver(
    client,
    actOn<void, string>(client, LIST, async () => "sealed", done),
  );
  const press = act.mutate();
  const second = await reading(2);
  expect([shown(), act.getCurrentResult().isPending, seen]).toEqual(["asked", true, []]);
  second.answer("sealed");
  await press;
  expect([shown(), act.getCurrentResult().isPending, seen]).toEqual(["sealed", false, ["sealed"]]);
  leave();
});

it("an act that was done is done although the list cannot be read", async () => {
  const { client, shown, reading, leave } = page();
  (await reading(1)).answer("asked");
  const done = vi.fn();
  const act = new MutationObserver(
    client,
    actOn<void, string>(client, LIST, async () => "sealed", done),
  );
  const press = act.mutate();
  (await reading(2)).fail(new Error("away"));
  await press;
  expect([shown(), act.getCurrentResult().status]).toEqual(["asked", "success"]);
  expect(done).toHaveBeenCalledWith("sealed");
  leave();
});

it("an act that was refused reads nothing again", async () => {
  const { client, reading, leave } = page();
  (await reading(1)).answer("asked");
  const refuse = async (): Promise<string> => {
    throw new Error("no");
  };
  const done = vi.fn();
  const act = new MutationObserver(client, actOn<void, string>(client, LIST, refuse, done));
  await expect(act.mutate()).rejects.toThrow("no");
  expect([client.isFetching(), done.mock.calls.length]).toEqual([0, 0]);
  leave();
});
