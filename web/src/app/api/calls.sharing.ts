// Partners.

import { ask, newKey } from "./client";
import type { Micros, Page } from "./types";
import type { SharingPartner, SharingPartnerShown } from "./types.sharing";

const AT = "/v1/oversight/partners";
const of = (id: string) => `${AT}/${encodeURIComponent(id)}`;
const post = (path: string, json: unknown) =>
  ask<SharingPartner>(path, { method: "POST", json, idempotencyKey: newKey() });

export const sharing = {
  list: () => ask<Page<SharingPartner>>(AT),
  get: (id: string) => ask<SharingPartnerShown>(of(id)),
  off: (id: string, reason: string) => post(`${of(id)}/off`, { reason }),
  on: (id: string, reason: string) => post(`${of(id)}/on`, { reason }),
  agree: (id: string, basis: string, until_us: Micros) => post(`${of(id)}/agreement`, { basis, until_us }),
};
