-- What is given out under 政府資訊公開法. Guarded by state: asked → released or refused, by another person than who asked.
CREATE TABLE oversight_disclosure (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    -- The house's number of the request; never the name of who made it.
    request_ref TEXT NOT NULL,
    basis TEXT NOT NULL,
    -- JSON object: the time or the number of the incident.
    scope TEXT NOT NULL,
    asked_at_us BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_by_name TEXT NOT NULL,
    decided_at_us BIGINT,
    decided_by_name TEXT,
    -- Why it was refused.
    reason TEXT,
    -- JSON object: what was given out, as it was.
    file TEXT
);
CREATE INDEX oversight_disclosure_state ON oversight_disclosure (state, id);
