// A button that must be held: long enough that no pocket presses it, forgiving enough for a wet thumb.

export const HOLD_MS = 1_000;
/** Rain and a glove lift a finger for a moment; the count goes on when it is back this soon. */
export const SLIP_MS = 250;

interface Clock {
  after: (ms: number, act: () => void) => () => void;
}

export const realClock: Clock = {
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

export type HoldState = "idle" | "holding" | "released";

export class Hold {
  private stopFiring: (() => void) | null = null;
  private stopSlip: (() => void) | null = null;

  constructor(
    private readonly tell: (state: HoldState) => void,
    private readonly fire: () => void,
    private readonly clock: Clock = realClock,
  ) {}

  press(): void {
    this.stopSlip?.();
    this.stopSlip = null;
    if (this.stopFiring) return;
    this.stopFiring = this.clock.after(HOLD_MS, () => {
      this.end("idle");
      this.fire();
    });
    this.tell("holding");
  }

  release(): void {
    if (!this.stopFiring || this.stopSlip) return;
    this.stopSlip = this.clock.after(SLIP_MS, () => this.end("released"));
  }

  /** Without a word: the page goes, or another hand takes over. */
  cancel(): void {
    if (this.stopFiring) this.end("idle");
  }

  private end(state: HoldState): void {
    this.stopFiring?.();
    this.stopSlip?.();
    this.stopFiring = null;
    this.stopSlip = null;
    this.tell(state);
  }
}
