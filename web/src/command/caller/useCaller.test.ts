import { describe, expect, it } from "vitest";
import type { CallerView, LinkState } from "../../app/api/types.caller";
import { isLive, isUnheard, unreadOf } from "./useCaller";

const view = (state: LinkState | null, words: CallerView["words"] = []): CallerView => ({
  call: "c",
  number: "T115-1122-0001",
  link: state && {
    state,
    made_at_us: 0,
    expires_at_us: 1,
    opened_at_us: null,
    agreed_at_us: null,
    sharing_since_us: null,
    heard_at_us: null,
    is_silent: false,
    trouble: null,
  },
  place: null,
  doubted: null,
  words,
});

describe("a caller's link", () => {
  it("is asked about again for as long as it opens something", () => {
    expect(["sent", "opened", "agreed", "sharing"].every((state) => isLive(view(state as LinkState)))).toBe(
      true,
    );
    expect(["expired", "revoked", "over"].some((state) => isLive(view(state as LinkState)))).toBe(false);
    expect(isLive(view(null))).toBe(false);
  });

  it("is unheard when its page has been quiet for half a minute, and not before it was opened", () => {
    expect(isUnheard(null, 1e9)).toBe(false);
    expect(isUnheard(1_000_000, 30_000)).toBe(false);
    expect(isUnheard(1_000_000, 32_000)).toBe(true);
  });

  it("has as many unread messages as the caller wrote and nobody read", () => {
    const word = { at_us: 1, by_name: null, text: "x" };
    const words: CallerView["words"] = [
      { ...word, seq: 1, side: "caller", read_at_us: 2 },
      { ...word, seq: 2, side: "centre", read_at_us: null },
      { ...word, seq: 3, side: "caller", read_at_us: null },
    ];
    expect(unreadOf(view("sharing", words))).toBe(1);
  });
});
