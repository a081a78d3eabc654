import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CallerPageApi } from "../app/api/calls.caller";
import { ApiError, OfflineError } from "../app/api/client";
import type { CallerPage, CallerWord } from "../app/api/types.caller";
import { CallerLine, LOOK_MS, type Places } from "./line";

const problem = (status: number, key: string) =>
  new ApiError({ type: "about:blank", title: "", status, key });

/** A centre in memory, whose line can be cut. */
class Centre {
  page: CallerPage = {
    number: "T115-1122-0001",
    is_agreed: false,
    is_sharing: false,
    rest_s: 1_800,
    words: [],
    read_through: 0,
  };
  words: CallerWord[] = [];
  keys = new Set<string>();
  told: { lon: number; age_ms: number }[] = [];
  fails: Error | null = null;
  tries = 0;
  api: CallerPageApi = {
    look: async ({ after }) => this.answer(after),
    agree: async () => {
      this.open();
      this.page = { ...this.page, is_agreed: true };
      return this.answer(Number.MAX_SAFE_INTEGER);
    },
    share: async (is_sharing) => {
      this.open();
      this.page = { ...this.page, is_sharing };
      return this.answer(Number.MAX_SAFE_INTEGER);
    },
    place: async ({ position, age_ms }) => {
      this.open();
      this.tries += 1;
      if (position.lon > 124) throw problem(422, "dispatch.position.outside");
      this.told.push({ lon: position.lon, age_ms });
      return { is_kept: true };
    },
    write: async (key, text, after) => {
      this.open();
      if (text === "refused") throw problem(422, "dispatch.caller.too_long");
      if (!this.keys.has(key)) this.says("caller", text);
      this.keys.add(key);
      return this.answer(after);
    },
  };

  says(side: "caller" | "centre", text: string): void {
    const seq = this.words.length + 1;
    this.words.push({ seq, side, at_us: seq, by_name: null, text, read_at_us: null });
  }

  private open(): void {
    if (this.fails) throw this.fails;
  }

  private answer(after: number): CallerPage {
    this.open();
    return { ...this.page, words: this.words.filter((word) => word.seq > after) };
  }
}

/** A phone that is moved by hand. */
class Phone {
  private at: PositionCallback | null = null;
  private error: PositionErrorCallback | null = null;
  isWatched = false;
  asked = 0;
  places: Places = {
    watchPosition: (at, error) => {
      this.at = at;
      this.error = error ?? null;
      this.isWatched = true;
      return 1;
    },
    clearWatch: () => {
      this.isWatched = false;
    },
    getCurrentPosition: (at) => {
      this.asked += 1;
      at({
        coords: { longitude: 120.2, latitude: 22.99, accuracy: 10 },
        timestamp: Date.now(),
      } as GeolocationPosition);
    },
  };
  moves(lon: number, age_ms = 0): void {
    const coords = { longitude: lon, latitude: 22.99, accuracy: 10 };
    this.at?.({ coords, timestamp: Date.now() - age_ms } as GeolocationPosition);
  }
  denies(code: number): void {
    this.error?.({ code } as GeolocationPositionError);
  }
}

let keys = 0;
const lineOf = (centre: Centre, phone: Phone) =>
  new CallerLine(centre.api, phone.places, () => `key-${++keys}`, false);
const turns = (count = 1) => vi.advanceTimersByTimeAsync(count * (LOOK_MS + 600));

describe("the caller's line", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("takes nothing and tells nothing before its owner agrees", async () => {
    const [centre, phone] = [new Centre(), new Phone()];
    const line = lineOf(centre, phone);
    line.begin();
    await turns(3);
    expect([line.state.page?.is_agreed, phone.isWatched, centre.told]).toEqual([false, false, []]);
    line.agree(true);
    phone.moves(120.2, 700);
    await turns();
    expect([line.state.page?.is_sharing, centre.told]).toEqual([true, [{ lon: 120.2, age_ms: 700 }]]);
    line.leave();
  });

  it("shows an answer within two seconds", async () => {
    const centre = new Centre();
    const line = lineOf(centre, new Phone());
    line.begin();
    await turns();
    centre.says("centre", "請保持連線");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(line.state.words.map((word) => word.text)).toEqual(["請保持連線"]);
    line.leave();
  });

  it("keeps what was written while the line is cut, and sends it once and in order", async () => {
    const centre = new Centre();
    const line = lineOf(centre, new Phone());
    line.begin();
    line.agree(false);
    await turns();
    centre.fails = new OfflineError();
    line.write("我不能說話");
    line.write("在二樓");
    await turns(2);
    expect([line.state.isOffline, line.state.pending.length, centre.words.length]).toEqual([true, 2, 0]);
    centre.fails = null;
    await turns(2);
    expect(centre.words.map((word) => word.text)).toEqual(["我不能說話", "在二樓"]);
    expect([line.state.isOffline, line.state.pending, line.state.words.length]).toEqual([false, [], 2]);
    line.leave();
  });

  it("says what was refused, and sends the rest", async () => {
    const centre = new Centre();
    const line = lineOf(centre, new Phone());
    line.begin();
    line.agree(false);
    line.write("refused");
    line.write("救命");
    await turns(2);
    expect(centre.words.map((word) => word.text)).toEqual(["救命"]);
    expect(line.state.pending.map((one) => one.refused)).toEqual(["dispatch.caller.too_long"]);
    line.leave();
  });

  it("stops on the phone at once, and tells the centre when it can", async () => {
    const [centre, phone] = [new Centre(), new Phone()];
    const line = lineOf(centre, phone);
    line.begin();
    line.agree(true);
    phone.moves(120.2);
    await turns();
    centre.fails = new OfflineError();
    line.share(false);
    expect([phone.isWatched, line.state.fix]).toEqual([false, null]);
    await turns();
    expect(centre.page.is_sharing).toBe(true);
    centre.fails = null;
    await turns(2);
    expect([centre.page.is_sharing, centre.told.length]).toEqual([false, 1]);
    line.leave();
  });

  it("tells the last place that came too soon or while the line was cut, and a refused one once", async () => {
    const [centre, phone] = [new Centre(), new Phone()];
    const line = lineOf(centre, phone);
    line.begin();
    line.agree(true);
    phone.moves(120.2);
    await turns();
    phone.moves(120.21);
    await turns(2);
    expect(centre.told.map((one) => one.lon)).toEqual([120.2, 120.21]);
    centre.fails = new OfflineError();
    phone.moves(120.22);
    await turns(2);
    centre.fails = null;
    await turns(2);
    expect(centre.told.map((one) => one.lon)).toEqual([120.2, 120.21, 120.22]);
    await turns(2);
    const before = centre.tries;
    phone.moves(135);
    await turns(3);
    expect([line.state.refused, centre.tries - before]).toEqual(["outside", 1]);
    line.leave();
  });

  it("asks a phone that lies still, so that its place does not look old", async () => {
    const [centre, phone] = [new Centre(), new Phone()];
    const line = lineOf(centre, phone);
    line.begin();
    line.agree(true);
    phone.moves(120.2);
    await turns(5);
    expect([phone.asked, centre.told.length]).toEqual([0, 1]);
    await turns(5);
    expect([phone.asked, centre.told.length]).toEqual([1, 2]);
    phone.denies(3);
    expect(line.state.trouble).toBeNull();
    line.leave();
  });

  it("says why there is no place, and goes on with words", async () => {
    const [centre, phone] = [new Centre(), new Phone()];
    const line = lineOf(centre, phone);
    line.begin();
    line.agree(true);
    await turns();
    phone.denies(1);
    line.write("我在永康區中正路");
    await turns();
    expect([line.state.trouble, line.state.wantsToShare, phone.isWatched]).toEqual(["denied", false, false]);
    expect([centre.page.is_sharing, centre.words.length]).toEqual([false, 1]);
    line.leave();
  });

  it("ends for good when the link does, and lets the phone be", async () => {
    const [centre, phone] = [new Centre(), new Phone()];
    const line = lineOf(centre, phone);
    line.begin();
    line.agree(true);
    phone.moves(120.2);
    await turns();
    centre.fails = problem(410, "dispatch.caller.ended");
    await turns();
    expect([line.state.end, phone.isWatched, line.state.fix]).toEqual(["ended", false, null]);
    centre.fails = null;
    centre.says("centre", "太晚");
    await turns(3);
    expect(line.state.words).toEqual([]);
  });

  it("goes on where it was when it is opened again", async () => {
    const [centre, phone] = [new Centre(), new Phone()];
    centre.page = { ...centre.page, is_agreed: true, is_sharing: true };
    centre.says("caller", "救命");
    const line = lineOf(centre, phone);
    line.begin();
    await turns();
    expect([phone.isWatched, line.state.words.length, centre.page.is_sharing]).toEqual([true, 1, true]);
    line.leave();
  });
});
