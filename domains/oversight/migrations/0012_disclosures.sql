-- What is given out under 政府資訊公開法. Guarded by state: asked → releasing → released, or refused, by another person than who asked.
-- releasing is claimed before the first leaf is written: of two who release at once one writes leaves, and a release that died is taken over.
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
    -- While it is releasing: when it was claimed, and by whom.
    decided_at_us BIGINT,
    decided_by TEXT,
    decided_by_name TEXT,
    -- Why it was refused.
    reason TEXT,
    -- JSON object: what was given out, as it was.
    file TEXT
);
CREATE INDEX oversight_disclosure_state ON oversight_disclosure (state, id);
