-- Trackers, and the tracks of units.

CREATE TABLE positions_tracker (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    protocol TEXT NOT NULL,
    -- Speaks for others: its messages name them.
    is_gateway BIGINT NOT NULL,
    -- The gateway that it is reached through; it has no secret of its own then.
    gateway TEXT REFERENCES positions_tracker (id),
    -- What it calls itself; wanted in its messages where it is given.
    device TEXT,
    unit TEXT,
    -- SHA-256, hex; NULL for those behind a gateway.
    secret_hash TEXT UNIQUE,
    created_at_us BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    revoked_at_us BIGINT,
    last_seen_at_us BIGINT,
    last_fix_at_us BIGINT,
    battery BIGINT,
    taken BIGINT NOT NULL,
    last_error_at_us BIGINT,
    last_error_key TEXT,
    last_error TEXT,
    UNIQUE (gateway, device)
);

-- Rises with each change of the table above, so that other servers read it again.
CREATE TABLE positions_register (
    id BIGINT PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO positions_register (id, version) VALUES (1, 1);

-- Records that were refused, by tracker, day and reason.
CREATE TABLE positions_refusal (
    tracker TEXT NOT NULL,
    day BIGINT NOT NULL,
    problem TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (tracker, day, problem)
);

-- Fixes of all units as they came, half a second each: written once in a row, folded into pieces minutes later.
CREATE TABLE positions_log (
    id TEXT PRIMARY KEY,
    at_us BIGINT NOT NULL,
    from_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    n BIGINT NOT NULL,
    body {{BLOB}} NOT NULL
);

-- Some minutes of one unit.
CREATE TABLE positions_piece (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    n BIGINT NOT NULL,
    body {{BLOB}} NOT NULL
);
CREATE INDEX positions_piece_by_unit ON positions_piece (unit, from_us);
CREATE INDEX positions_piece_by_end ON positions_piece (until_us);

-- While a unit was on an incident: these minutes of its track are kept longer.
CREATE TABLE positions_incident (
    assignment TEXT PRIMARY KEY,
    incident TEXT NOT NULL,
    unit TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    until_us BIGINT
);
CREATE INDEX positions_incident_by_unit ON positions_incident (unit, from_us);
