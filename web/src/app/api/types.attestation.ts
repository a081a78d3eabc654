// Devices that prove by a TPM what they run.

import type { DeviceKind, Id, Micros } from "./types";

export type Attestation = "unattested" | "awaits_acceptance" | "attested" | "restricted";

export type RestrictionReason =
  | "not_attested"
  | "tpm_refused"
  | "quote_late"
  | "quote_refused"
  | "state_changed"
  | "turned_back";

/** A time during which a device is not to be believed by itself. */
export interface SenderRestriction {
  reason: RestrictionReason;
  since_us: Micros;
  /** Absent while it lasts. */
  until_us: Micros | null;
}

export interface TpmRegister {
  register: number;
  /** The one that holds the agent's own program. */
  is_agent: boolean;
  measured: string;
  accepted: string | null;
}

export interface Tpm {
  ek_fingerprint: string;
  maker: string;
  bound_at_us: Micros;
  measured_at_us: Micros;
  /** Names the measured state; accepting names it again. */
  measured_digest: string;
  registers: TpmRegister[];
  reset_count: number;
  rebooted_at_us: Micros | null;
  last_good_at_us: Micros;
  accepted_at_us: Micros | null;
  accepted_by_name: string | null;
  accepted_reason: string | null;
  /** Whose first word waits for another person's second. */
  proposed_by_name: string | null;
  proposed_reason: string | null;
}

export interface DeviceAttestation {
  attestation: Attestation;
  is_required: boolean;
  tpm: Tpm | null;
  restrictions: SenderRestriction[];
}

export interface AttestationPolicy {
  required: { kind: DeviceKind; since_us: Micros }[];
}

export interface TpmMaker {
  fingerprint: string;
  subject: string;
  added_at_us: Micros;
}

export type TrustAct = "trust_maker" | "demand" | "demand_no_more";

/** A change of whom the house believes, that another person must approve. */
export interface TrustChange {
  id: Id;
  act: TrustAct;
  /** The fingerprint of a maker's certificate, or the kind of device. */
  subject: string;
  maker: string | null;
  reason: string;
  asked_by_name: string | null;
  is_mine: boolean;
  asked_at_us: Micros;
  expires_at_us: Micros;
}
