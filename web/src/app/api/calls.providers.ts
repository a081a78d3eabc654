// Signing in by an identity provider's word, and whose word is whose.

import { ask } from "./client";
import { sessionKey } from "./proof";
import type { Id, Me, Page } from "./types";
import type {
  IdentityProvider,
  ProviderLink,
  ProviderReturn,
  ProviderSignInStarted,
} from "./types.providers";

const post = <T>(path: string, json: unknown) => ask<T>(path, { method: "POST", json });
const linksOf = (person: Id) => `/v1/identity/actors/${person}/providers`;

export const providers = {
  list: () => ask<Page<IdentityProvider>>("/v1/identity/providers"),
  start: async (provider: string) =>
    post<ProviderSignInStarted>("/v1/identity/provider-sign-in/start", {
      provider,
      session_key: await sessionKey(),
    }),
  finish: (flow: string, back: ProviderReturn) =>
    post<Me>("/v1/identity/provider-sign-in/finish", { flow, ...back }),
  links: (person: Id) => ask<Page<ProviderLink>>(linksOf(person)),
  link: (person: Id, provider: string, subject: string) => post<void>(linksOf(person), { provider, subject }),
  unlink: (person: Id, issuer: string) => post<void>(`${linksOf(person)}/remove`, { issuer }),
};
