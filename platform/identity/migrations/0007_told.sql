-- What a transmitter of shared signals has told about the person (ADR 0024): verify, until the key is touched again; revoked, for as long as the session
-- is held. NULL: nothing.
ALTER TABLE identity_session ADD COLUMN told TEXT;
