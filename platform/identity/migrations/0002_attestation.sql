-- Makers of TPMs whose word counts: their root certificates. Removed ones stay, so that one can say who trusted whom when.
CREATE TABLE identity_tpm_maker (
  -- SHA-256 of the certificate, hex.
  fingerprint TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  -- DER, base64.
  certificate TEXT NOT NULL,
  added_at_us BIGINT NOT NULL,
  added_by TEXT NOT NULL,
  removed_at_us BIGINT,
  removed_by TEXT
);

-- Kinds of device that must attest; a kind without a row need not.
CREATE TABLE identity_attestation_policy (
  kind TEXT PRIMARY KEY,
  -- NULL: not required any more.
  required_since_us BIGINT,
  set_at_us BIGINT NOT NULL,
  set_by TEXT NOT NULL
);

-- What a device was asked last. It is taken out by the answer, right or wrong.
CREATE TABLE identity_attestation_challenge (
  device TEXT PRIMARY KEY,
  -- Hex; the quote must be about it.
  nonce TEXT NOT NULL,
  expires_at_us BIGINT NOT NULL,
  -- JSON: the TPM that it shows, and the hash of the secret that only this TPM can open. NULL: a quote is all that is asked.
  binding TEXT
);

-- The TPM of a device.
CREATE TABLE identity_attestation (
  device TEXT PRIMARY KEY,
  -- SHA-256 of the endorsement key, hex.
  ek_fingerprint TEXT NOT NULL,
  maker TEXT NOT NULL,
  -- TPM2B_PUBLIC, base64.
  ak_public TEXT NOT NULL,
  bound_at_us BIGINT NOT NULL,
  -- When the device was revoked: its TPM may serve another.
  released_at_us BIGINT,
  -- JSON: register to value. NULL until an operator has accepted a state.
  accepted TEXT,
  -- When it was first in an accepted state; a later acceptance leaves it.
  first_accepted_at_us BIGINT,
  accepted_at_us BIGINT,
  accepted_by TEXT,
  accepted_reason TEXT,
  -- What the last believed quote said, and of which time.
  measured TEXT NOT NULL,
  measured_at_us BIGINT NOT NULL,
  clock_ms BIGINT NOT NULL,
  reset_count BIGINT NOT NULL,
  restart_count BIGINT NOT NULL,
  is_safe BIGINT NOT NULL,
  rebooted_at_us BIGINT,
  -- The last quote in the accepted state, or the binding.
  good_at_us BIGINT NOT NULL,
  -- Who would accept what was measured, while a second person is needed. Gone when something else is measured.
  proposed_by TEXT,
  proposed_at_us BIGINT,
  proposed_reason TEXT
);
-- One TPM is one device.
CREATE UNIQUE INDEX identity_attestation_ek ON identity_attestation (ek_fingerprint) WHERE released_at_us IS NULL;
CREATE INDEX identity_attestation_good ON identity_attestation (good_at_us);

-- Times in which a device was not to be believed. What it sent is not copied: the row says which part of it is meant.
CREATE TABLE identity_restriction (
  device TEXT NOT NULL,
  since_us BIGINT NOT NULL,
  reason TEXT NOT NULL,
  -- More about it, for operators: which registers, which refusal.
  detail TEXT NOT NULL,
  told_at_us BIGINT NOT NULL,
  until_us BIGINT,
  ended_by TEXT
);
CREATE UNIQUE INDEX identity_restriction_open ON identity_restriction (device) WHERE until_us IS NULL;
CREATE INDEX identity_restriction_device ON identity_restriction (device, since_us);
