-- What a transmitter has told, so that the same token heard again changes nothing. Kept longer than a token is taken.
CREATE TABLE signals_heard (
  transmitter TEXT NOT NULL,
  jti TEXT NOT NULL,
  -- session_revoked, credential_change, device_compliance_change, assurance_level_change, verification, other
  event TEXT NOT NULL,
  -- heeded, no_session, unknown_subject, no_act
  outcome TEXT NOT NULL,
  heard_at_us BIGINT NOT NULL,
  PRIMARY KEY (transmitter, jti)
);
CREATE INDEX signals_heard_at ON signals_heard (heard_at_us);

-- What was decided to be told, so that one fact is told once to each receiver, however often its event comes.
CREATE TABLE signals_told (
  receiver TEXT NOT NULL,
  fact TEXT NOT NULL,
  event TEXT NOT NULL,
  told_at_us BIGINT NOT NULL,
  -- taken, or why the last try was not; NULL before the first.
  outcome TEXT,
  tried_at_us BIGINT,
  -- 1: the receiver has answered that it has it.
  is_taken BIGINT NOT NULL,
  PRIMARY KEY (receiver, fact)
);
CREATE INDEX signals_told_at ON signals_told (told_at_us);
