-- The issuer by whose word the session began (ADR 0025). NULL: a passkey was touched. While verified_at_us is NULL beside it, none was touched since.
ALTER TABLE identity_session ADD COLUMN begun_by TEXT;

-- Which subject of an issuer is whose account here. Only an operator says so.
CREATE TABLE identity_provider_link (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor TEXT NOT NULL,
  linked_by TEXT NOT NULL,
  linked_at_us BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
-- An account is one subject of an issuer, or none.
CREATE UNIQUE INDEX identity_provider_link_actor ON identity_provider_link (actor, issuer);
