// Trust in sessions: one's own, and for operators everybody's.

import { ask } from "./client";
import type { Id, Micros, SignInStart } from "./types";
import type { MyTrust, TrustState } from "./types.trust";

const post = <T>(path: string, json: unknown = {}) => ask<T>(path, { method: "POST", json });

export const trust = {
  mine: () => ask<MyTrust>("/v1/session/trust"),
  stepUpStart: () => post<SignInStart>("/v1/session/step-up/start"),
  stepUpFinish: (challenge_id: string, credential: unknown) =>
    post<{ verified_at_us: Micros }>("/v1/session/step-up/finish", { challenge_id, credential }),
  state: () => ask<TrustState>("/v1/identity/trust"),
  end: (session: Id) => post<void>(`/v1/identity/trust/${session}/end`),
};
