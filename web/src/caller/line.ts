// The page's line to the centre: what is wanted is kept here and told until the server has it, so that a line that breaks loses nothing.
// No React, no screen: what the page does without a network is tested without a browser.

import type { CallerPageApi } from "../app/api/calls.caller";
import { ApiError } from "../app/api/client";
import type { CallerPage, CallerWord, Trouble } from "../app/api/types.caller";
import { type End, endOf, type Fix, isPassing, isWorthSending, joined, lastSeq, type Pending } from "./rules";

/** An answer is before the caller's eyes within two seconds. */
export const LOOK_MS = 1_500;
const RETRY_MS = 2_000;
/** A refused place is told of once; the next good one takes it away. */
const REFUSED: Record<string, PlaceRefused> = {
  "dispatch.position.outside": "outside",
  "dispatch.position.accuracy": "vague",
  "dispatch.caller.vague": "vague",
  "dispatch.caller.stale": "vague",
};

export type PlaceRefused = "outside" | "vague";

export interface LineState {
  /** Null until the first answer. */
  page: CallerPage | null;
  words: CallerWord[];
  pending: Pending[];
  end: End | null;
  isOffline: boolean;
  isSilent: boolean;
  wantsToAgree: boolean;
  wantsToShare: boolean;
  fix: Fix | null;
  /** On this phone's clock. */
  sent_ms: number | null;
  trouble: Trouble | null;
  refused: PlaceRefused | null;
}

/** What the browser offers; a page without TLS has none. */
export type Places = Pick<Geolocation, "watchPosition" | "clearWatch" | "getCurrentPosition"> | undefined;

const WATCH: PositionOptions = { enableHighAccuracy: true, maximumAge: 5_000, timeout: 20_000 };
/** W3C Geolocation: PERMISSION_DENIED, TIMEOUT. */
const DENIED = 1;
const TIMED_OUT = 3;
/** A phone that lies still tells nothing by itself, and its place would look old: then it is asked. */
const REFRESH_MS = 15_000;

export class CallerLine {
  state: LineState;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isTurning = false;
  private isAskedAgain = false;
  private isPlacing = false;
  /** When the fix was measured that the server has said yes or no to: it is not told of again. */
  private answered_ms: number | null = null;
  private asked_ms = Number.NEGATIVE_INFINITY;
  private watch: number | null = null;
  private lastSent: { fix: Fix; sent_ms: number } | null = null;
  private isGone = false;

  constructor(
    private readonly api: CallerPageApi,
    private readonly places: Places,
    private readonly newKey: () => string,
    isSilent: boolean,
  ) {
    this.state = {
      page: null,
      words: [],
      pending: [],
      end: null,
      isOffline: false,
      isSilent,
      wantsToAgree: false,
      wantsToShare: false,
      fix: null,
      sent_ms: null,
      trouble: null,
      refused: null,
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): LineState => this.state;

  private set(change: Partial<LineState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  /** Now, and not when the next turn comes. */
  kick(): void {
    if (this.isTurning) {
      this.isAskedAgain = true;
      return;
    }
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    void this.turn();
  }

  leave(): void {
    this.isGone = true;
    if (this.timer) clearTimeout(this.timer);
    this.unwatch();
  }

  /** A browser may give a page back that it had put aside. */
  begin(): void {
    this.isGone = false;
    this.kick();
  }

  agree(isSharing: boolean): void {
    this.set({ wantsToAgree: true });
    if (isSharing) this.share(true);
    else this.kick();
  }

  share(isOn: boolean): void {
    this.set({ wantsToShare: isOn, ...(isOn ? { trouble: null, refused: null } : { fix: null }) });
    // Whatever the network says, the phone stops at once.
    if (isOn) this.startWatch();
    else this.unwatch();
    this.kick();
  }

  silence(isSilent: boolean): void {
    this.set({ isSilent });
    this.kick();
  }

  write(text: string): void {
    const said = text.trim();
    if (!said) return;
    this.set({ pending: [...this.state.pending, { key: this.newKey(), text: said, refused: null }] });
    this.kick();
  }

  private startWatch(): void {
    this.unwatch();
    if (!this.places) {
      this.set({ trouble: "denied", wantsToShare: false });
      return;
    }
    this.asked_ms = Date.now();
    this.watch = this.places.watchPosition(this.placed, this.unplaced, WATCH);
  }

  private placed: PositionCallback = ({ coords, timestamp }) => {
    // One that was under way when its owner stopped is nobody's.
    if (this.watch === null) return;
    const { longitude: lon, latitude: lat, accuracy: accuracy_m } = coords;
    this.set({ fix: { lon, lat, accuracy_m, measured_ms: timestamp }, trouble: null });
    void this.tellPlace();
  };

  private unplaced: PositionErrorCallback = (error) => {
    if (this.watch === null) return;
    if (error.code !== DENIED) {
      // A phone that knows where it is may take its time to say it again.
      if (error.code !== TIMED_OUT || !this.state.fix) this.set({ trouble: "unavailable" });
      return;
    }
    this.unwatch();
    this.set({ trouble: "denied", wantsToShare: false, fix: null });
    this.kick();
  };

  private refresh(): void {
    const now_ms = Date.now();
    const last_ms = Math.max(this.asked_ms, this.lastSent?.sent_ms ?? Number.NEGATIVE_INFINITY);
    if (this.watch === null || Math.abs(now_ms - last_ms) < REFRESH_MS) return;
    this.asked_ms = now_ms;
    this.places?.getCurrentPosition(this.placed, this.unplaced, { ...WATCH, maximumAge: 0 });
  }

  private unwatch(): void {
    if (this.watch !== null) this.places?.clearWatch(this.watch);
    this.watch = null;
    this.lastSent = null;
    this.answered_ms = null;
  }

  private finish(end: End): void {
    this.unwatch();
    this.set({ end, wantsToShare: false, fix: null });
  }

  private take(page: CallerPage): void {
    const isFirst = this.state.page === null;
    this.set({ page, words: joined(this.state.words, page.words), isOffline: false });
    // Opened again, the page goes on where it was.
    if (isFirst && page.is_sharing && !this.state.wantsToShare) {
      this.set({ wantsToShare: true });
      this.startWatch();
    }
  }

  private async turn(): Promise<void> {
    if (this.isGone || this.state.end) return;
    this.isTurning = true;
    let wait_ms = LOOK_MS;
    try {
      await this.catchUp();
    } catch (error) {
      wait_ms = this.failed(error);
    }
    this.isTurning = false;
    if (this.isGone || this.state.end) return;
    const isNow = this.isAskedAgain && !this.state.isOffline;
    this.isAskedAgain = false;
    this.timer = setTimeout(() => void this.turn(), isNow ? 0 : wait_ms);
  }

  /** Milliseconds until it is worth trying again. */
  private failed(error: unknown): number {
    const end = endOf(error);
    if (end) {
      this.finish(end);
      return 0;
    }
    this.set({ isOffline: true });
    const asked_s = error instanceof ApiError ? (error.problem.retry_after_s ?? 0) : 0;
    return Math.max(RETRY_MS, asked_s * 1_000);
  }

  /** Everything that is wanted and not yet there, in the order in which it makes sense; then what is new. */
  private async catchUp(): Promise<void> {
    const { api } = this;
    const look = () => {
      const { isSilent, trouble, words } = this.state;
      return api.look({ after: lastSeq(words), is_silent: isSilent, trouble });
    };
    if (!this.state.page) this.take(await look());
    if (this.state.wantsToAgree && !this.state.page?.is_agreed) this.take(await api.agree());
    const { page, wantsToShare } = this.state;
    if (page?.is_agreed && page.is_sharing !== wantsToShare) {
      this.take(await api.share(wantsToShare));
      void this.tellPlace();
    }
    await this.flush();
    this.take(await look());
    // What came too soon after the last one, or while the line was cut.
    void this.tellPlace();
    this.refresh();
  }

  private async flush(): Promise<void> {
    if (!this.state.page?.is_agreed) return;
    for (const one of this.state.pending.filter((pending) => !pending.refused)) {
      try {
        this.take(await this.api.write(one.key, one.text, lastSeq(this.state.words)));
        this.set({ pending: this.state.pending.filter((pending) => pending.key !== one.key) });
      } catch (error) {
        if (!(error instanceof ApiError) || isPassing(error) || endOf(error)) throw error;
        const refused = error.key;
        this.set({ pending: this.state.pending.map((p) => (p.key === one.key ? { ...p, refused } : p)) });
      }
    }
  }

  private async tellPlace(): Promise<void> {
    const { fix, page, wantsToShare } = this.state;
    const now_ms = Date.now();
    if (!fix || !page?.is_sharing || !wantsToShare || this.isPlacing) return;
    if (fix.measured_ms === this.answered_ms || !isWorthSending(fix, this.lastSent, now_ms)) return;
    this.isPlacing = true;
    try {
      const position = { lon: fix.lon, lat: fix.lat };
      const age_ms = Math.max(0, Math.round(now_ms - fix.measured_ms));
      const { is_kept } = await this.api.place({ position, accuracy_m: fix.accuracy_m, age_ms });
      if (is_kept) {
        this.answered_ms = fix.measured_ms;
        this.lastSent = { fix, sent_ms: now_ms };
        this.set({ sent_ms: now_ms, refused: null });
      }
    } catch (error) {
      const end = endOf(error);
      if (end) this.finish(end);
      else if (isPassing(error)) this.set({ isOffline: true });
      else if (error instanceof ApiError && error.status === 422) {
        this.answered_ms = fix.measured_ms;
        this.set({ refused: REFUSED[error.key] ?? null });
      }
    }
    this.isPlacing = false;
  }
}
