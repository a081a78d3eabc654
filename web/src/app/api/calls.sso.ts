// Saying to the force's own tools who somebody is. The query goes as it stands in the address: the server alone reads it.

import { ask } from "./client";
import type { Id } from "./types";
import type { AuthorizeSso, SsoAgreedTools, SsoAnswer, SsoDecision, SsoRequest } from "./types.sso";

const post = <T>(path: string, json: unknown) => ask<T>(path, { method: "POST", json });

export const sso = {
  look: (query: string) => post<SsoRequest>("/v1/sso/requests", { query }),
  decide: (query: string, person: Id, decision: SsoDecision) => {
    const body: AuthorizeSso = { query, person, decision };
    return post<SsoAnswer>("/v1/sso/authorizations", body);
  },
  mine: () => ask<SsoAgreedTools>("/v1/sso/tools"),
  takeBack: (id: string) => post<void>(`/v1/sso/tools/${encodeURIComponent(id)}/end`, {}),
};
