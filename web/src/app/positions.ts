// Live positions never enter React's state: the map takes them from here, a few times a second.

import type { Id, Unit, UnitMoved } from "./api/types";

/** Four times a second is smooth enough and leaves the machine to the person. */
const TELL_MS = 250;

type Listener = (moved: ReadonlyMap<Id, UnitMoved>) => void;

class Positions {
  private readonly latest = new Map<Id, UnitMoved>();
  private changed = new Map<Id, UnitMoved>();
  private readonly listeners = new Set<Listener>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  moved(units: UnitMoved[]): void {
    for (const unit of units) {
      const known = this.latest.get(unit.unit);
      if (known && known.measured_at_us >= unit.measured_at_us) continue;
      this.latest.set(unit.unit, unit);
      this.changed.set(unit.unit, unit);
    }
    if (this.changed.size === 0) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const told = this.changed;
      this.changed = new Map();
      for (const listener of this.listeners) listener(told);
    }, TELL_MS);
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** The unit with whichever position is newer: the fetched one or the streamed one. */
  freshest(unit: Unit): Unit {
    const moved = this.latest.get(unit.id);
    if (!moved || (unit.position_at_us ?? 0) >= moved.measured_at_us) return unit;
    return {
      ...unit,
      position: moved.position,
      position_at_us: moved.measured_at_us,
      heading_deg: moved.heading_deg,
      accuracy_m: moved.accuracy_m,
    };
  }
}

export const positions = new Positions();
