-- Streams that receivers have set up by themselves, within what the file lets them have.
CREATE TABLE signals_stream (
  receiver TEXT NOT NULL PRIMARY KEY,
  stream_id TEXT NOT NULL,
  -- As it stood in the file: another one is another partner, who has no stream yet.
  aud TEXT NOT NULL,
  -- Addresses of the events that it asked for, one a line, NULL where it asked for none by name.
  requested TEXT,
  description TEXT,
  -- enabled, paused, disabled
  status TEXT NOT NULL,
  reason TEXT,
  verify_asked_at_us BIGINT,
  polled_at_us BIGINT
);

-- What waits until a receiver comes for it, or until its stream goes on. Taken or dropped, it goes.
CREATE TABLE signals_waiting (
  receiver TEXT NOT NULL,
  fact TEXT NOT NULL,
  jti TEXT NOT NULL,
  event TEXT NOT NULL,
  claims TEXT NOT NULL,
  since_us BIGINT NOT NULL,
  PRIMARY KEY (receiver, fact)
);
CREATE INDEX signals_waiting_since ON signals_waiting (receiver, since_us);

-- How it went with the transmitters that this house asks for their events.
CREATE TABLE signals_polled (
  transmitter TEXT NOT NULL PRIMARY KEY,
  polled_at_us BIGINT,
  -- answered, or why not
  outcome TEXT,
  -- The state of the last trial that was asked for, and when it came back.
  asked_state TEXT,
  asked_at_us BIGINT,
  verified_at_us BIGINT
);
