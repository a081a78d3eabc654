import { describe, expect, it } from "vitest";
import type { Panic } from "../app/api/types.choice";
import { dockView } from "./dockView";
import type { QueuedCry } from "./panicQueue";

const waiting = { key: "k", actor: "lin", queued_at_us: 1, attempts: 3, refused: null };
const cry: QueuedCry = { ...waiting, act: "raise", body: {} };
const safe: QueuedCry = { ...waiting, act: "cancel", reason: "誤觸" };
const known = (state: Panic["state"]) => ({ state, acknowledged_by: "張" }) as Panic;

describe("the panic dock", () => {
  it("never says that help knows while the cry is still on the phone", () => {
    expect(dockView([cry], undefined)).toMatchObject({ kind: "unsent", attempts: 3, isTakenBack: false });
    expect(dockView([cry, safe], undefined)).toMatchObject({ kind: "unsent", isTakenBack: true });
    expect(dockView([cry], known("acknowledged")).kind).toBe("unsent");
  });

  it("says what the control room knows once it knows", () => {
    expect(dockView([], known("raised"))).toEqual({ kind: "raised" });
    expect(dockView([], known("acknowledged"))).toEqual({ kind: "acknowledged", by: "張" });
    expect(dockView([safe], known("acknowledged")).kind).toBe("cancel_unsent");
    expect(dockView([], known("cancelled"))).toEqual({ kind: "cancelled" });
    expect(dockView([], known("over"))).toEqual({ kind: "idle" });
  });

  it("shows a refusal before all else", () => {
    const problem = { type: "x", title: "x", status: 403, key: "http.forbidden" };
    expect(dockView([{ ...cry, refused: problem }], known("raised")).kind).toBe("refused");
  });
});
