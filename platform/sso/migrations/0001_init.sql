-- That a person has said yes to a tool, in one session: what `sid` in tokens names, and whom a sign-out concerns.
CREATE TABLE sso_login (
  session TEXT NOT NULL,
  client TEXT NOT NULL,
  actor TEXT NOT NULL,
  -- Of the session at this tool alone: two tools learn nothing from each other's.
  sid TEXT NOT NULL,
  -- What the tool's entry asked for when the person said yes, with spaces between.
  claims TEXT NOT NULL,
  said_yes_at_us BIGINT NOT NULL,
  -- The session was taken back, and that is to be told.
  over_at_us BIGINT,
  told_at_us BIGINT,
  PRIMARY KEY (session, client)
);
CREATE INDEX sso_login_over ON sso_login (over_at_us);
CREATE INDEX sso_login_sid ON sso_login (sid);

-- Codes, as their hashes. A used one stays until the purge, so that whoever shows it again is known for it.
CREATE TABLE sso_code (
  code_hash TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  session TEXT NOT NULL,
  actor TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  challenge TEXT NOT NULL,
  nonce TEXT,
  issued_at_us BIGINT NOT NULL,
  used_at_us BIGINT
);
CREATE INDEX sso_code_issued ON sso_code (issued_at_us);

-- Access tokens, as their hashes.
CREATE TABLE sso_token (
  token_hash TEXT PRIMARY KEY,
  -- For which it was given.
  code_hash TEXT NOT NULL,
  client TEXT NOT NULL,
  session TEXT NOT NULL,
  actor TEXT NOT NULL,
  expires_at_us BIGINT NOT NULL,
  revoked_at_us BIGINT
);
CREATE INDEX sso_token_code ON sso_token (code_hash);
CREATE INDEX sso_token_expires ON sso_token (expires_at_us);
