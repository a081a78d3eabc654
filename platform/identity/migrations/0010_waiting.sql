-- A challenge that waits for its answer: a passkey ceremony, or a sign-in at an identity provider. Whichever server of the house is asked takes it out, once.
CREATE TABLE identity_waiting (
  -- SHA-256 of the random name that only whoever began has.
  id_hash TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  -- A hash of the address that asked, under a key of the house: counted by, not kept.
  peer TEXT NOT NULL,
  expires_at_us BIGINT NOT NULL,
  -- What was asked, sealed under a key of the house.
  payload {{BLOB}} NOT NULL
);
CREATE INDEX identity_waiting_expiry ON identity_waiting (expires_at_us);
CREATE INDEX identity_waiting_kind ON identity_waiting (kind, expires_at_us);
CREATE INDEX identity_waiting_peer ON identity_waiting (kind, peer, expires_at_us);
