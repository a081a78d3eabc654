-- A person who can sign in. Invited people have no passkey yet.
CREATE TABLE identity_actor (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  unit TEXT,
  invited_at_us BIGINT NOT NULL,
  -- NULL: from the command line.
  invited_by TEXT,
  enrolled_at_us BIGINT,
  last_seen_at_us BIGINT,
  disabled_at_us BIGINT,
  disabled_by TEXT
);

-- A one-time link. Only the SHA-256 of its token is kept.
CREATE TABLE identity_invitation (
  token_hash TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  expires_at_us BIGINT NOT NULL,
  used_at_us BIGINT
);
CREATE INDEX identity_invitation_expiry ON identity_invitation (expires_at_us);

-- The public half of a person's key, as webauthn-rs writes it; id is the credential id, base64url.
CREATE TABLE identity_passkey (
  id TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  passkey TEXT NOT NULL,
  created_at_us BIGINT NOT NULL,
  used_at_us BIGINT
);
CREATE INDEX identity_passkey_actor ON identity_passkey (actor);

-- A browser or app that is signed in. Only the SHA-256 of its cookie is kept.
CREATE TABLE identity_session (
  id TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  created_at_us BIGINT NOT NULL,
  seen_at_us BIGINT NOT NULL,
  expires_at_us BIGINT NOT NULL,
  ended_at_us BIGINT
);
CREATE INDEX identity_session_actor ON identity_session (actor);
CREATE INDEX identity_session_expiry ON identity_session (expires_at_us);

CREATE TABLE identity_device (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  camera TEXT,
  frame_policy TEXT NOT NULL,
  registered_at_us BIGINT NOT NULL,
  registered_by TEXT NOT NULL,
  -- NULL once it was used.
  token_hash TEXT UNIQUE,
  token_expires_at_us BIGINT NOT NULL,
  -- Ed25519, 32 bytes, base64.
  public_key TEXT UNIQUE,
  enrolled_at_us BIGINT,
  revoked_at_us BIGINT,
  revoked_by TEXT,
  last_seen_at_us BIGINT,
  clock_offset_us BIGINT,
  -- What the device said about itself last, as JSON.
  status TEXT,
  status_at_us BIGINT
);
