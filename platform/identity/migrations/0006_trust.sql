-- How far a session is trusted (ADR 0022). Addresses are kept as long as the row, 30 days after its end.
ALTER TABLE identity_session ADD COLUMN signed_in_from TEXT;
-- When the person last touched the key: the sign-in, or a step-up since. NULL: begun before this was kept, so that the sign-in counts.
ALTER TABLE identity_session ADD COLUMN verified_at_us BIGINT;
-- From where; later addresses are compared with it. NULL: not known, and nothing follows from it.
ALTER TABLE identity_session ADD COLUMN verified_from TEXT;
ALTER TABLE identity_session ADD COLUMN last_from TEXT;
-- allow, step_up, restrict, block. NULL: allow, and it was never anything else.
ALTER TABLE identity_session ADD COLUMN trust_verdict TEXT;
ALTER TABLE identity_session ADD COLUMN trust_since_us BIGINT;
ALTER TABLE identity_session ADD COLUMN trust_score BIGINT;
-- JSON: reasons with points, and what was not known.
ALTER TABLE identity_session ADD COLUMN trust_why TEXT;
CREATE INDEX identity_session_trust ON identity_session (trust_since_us) WHERE trust_verdict IS NOT NULL;

-- A moment at which a verdict changed, for operators and auditors. The leaf in the log says the same, and stays.
CREATE TABLE identity_trust_alert (
  id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  actor TEXT NOT NULL,
  at_us BIGINT NOT NULL,
  verdict_before TEXT NOT NULL,
  verdict TEXT NOT NULL,
  score BIGINT NOT NULL,
  -- JSON, as in the session.
  why TEXT NOT NULL,
  came_from TEXT,
  -- 1: the session was ended for it.
  has_ended BIGINT NOT NULL
);
CREATE INDEX identity_trust_alert_at ON identity_trust_alert (at_us);
