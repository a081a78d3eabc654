-- That a person was asked to touch the passkey for a tool's request, and when: a touch after that moment answers it, at whichever server of the house.
CREATE TABLE sso_demand (
  session TEXT PRIMARY KEY,
  -- SHA-256 of the request.
  request_hash TEXT NOT NULL,
  asked_at_us BIGINT NOT NULL
);
CREATE INDEX sso_demand_asked ON sso_demand (asked_at_us);
