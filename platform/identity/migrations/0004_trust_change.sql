-- What one person has asked to change about whom the house believes. Kept when it is over: it says who trusted whom, when and why.
CREATE TABLE identity_trust_change (
  id TEXT PRIMARY KEY,
  -- trust_maker, demand, demand_no_more
  act TEXT NOT NULL,
  -- The fingerprint of a maker's certificate, or a kind of device.
  subject TEXT NOT NULL,
  -- JSON: the maker's name and certificate. NULL: the act needs nothing more.
  maker TEXT,
  reason TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at_us BIGINT NOT NULL,
  expires_at_us BIGINT NOT NULL,
  -- waiting, approved, withdrawn, refused. One that waits beyond its expiry is over; it is called expired when its place is needed.
  state TEXT NOT NULL,
  decided_by TEXT,
  decided_at_us BIGINT
);
-- One word at a time about one thing, so that nobody approves what was asked before something else.
CREATE UNIQUE INDEX identity_trust_change_waiting ON identity_trust_change (subject) WHERE state = 'waiting';
