-- The identity provider by whose word the session began (ADR 0025). NULL: a passkey was touched. While verified_at_us is NULL beside it, none was touched since.
ALTER TABLE identity_session ADD COLUMN begun_by TEXT;
