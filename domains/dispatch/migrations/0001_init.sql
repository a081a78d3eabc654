-- Incidents, units, assignments. Every change of an assignment first bumps its incident's revision: that row is the lock
-- under which states are derived, on PostgreSQL too.

CREATE TABLE dispatch_incident (
    id TEXT PRIMARY KEY,
    -- 115-1121-0007
    number TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    priority BIGINT NOT NULL,
    kind TEXT NOT NULL,
    summary TEXT NOT NULL,
    address TEXT NOT NULL,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    -- One incident per hit.
    hit TEXT UNIQUE,
    hit_raised_at_us BIGINT,
    hit_confirmed_at_us BIGINT,
    opened_at_us BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    closed_at_us BIGINT,
    closing_code TEXT,
    closing_note TEXT
);
CREATE INDEX dispatch_incident_by_state ON dispatch_incident (state, id);
CREATE INDEX dispatch_incident_by_opening ON dispatch_incident (opened_at_us);

-- The last running number of each day in Taipei.
CREATE TABLE dispatch_number (
    day TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE dispatch_unit (
    id TEXT PRIMARY KEY,
    call_sign TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    -- dispatched, en_route and on_scene exactly while an assignment is live.
    state TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    -- The newest fix, at most ten seconds behind the one in memory.
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    position_at_us BIGINT,
    accuracy_m DOUBLE PRECISION,
    heading_deg DOUBLE PRECISION
);

CREATE TABLE dispatch_assignment (
    id TEXT PRIMARY KEY,
    incident TEXT NOT NULL REFERENCES dispatch_incident (id),
    unit TEXT NOT NULL REFERENCES dispatch_unit (id),
    state TEXT NOT NULL,
    offered_at_us BIGINT NOT NULL,
    offered_by TEXT NOT NULL,
    delivered_at_us BIGINT,
    accepted_at_us BIGINT,
    en_route_at_us BIGINT,
    on_scene_at_us BIGINT,
    -- Closed, declined or cancelled.
    ended_at_us BIGINT,
    closing_code TEXT,
    -- Why it was declined or cancelled.
    end_reason TEXT,
    -- {"rank": 1, "reasons": [{"key": …}]}: why this unit, as it was seen when it was sent.
    advice TEXT NOT NULL
);
-- A unit has one live assignment, whoever asks first.
CREATE UNIQUE INDEX dispatch_assignment_one_live ON dispatch_assignment (unit)
    WHERE state IN ('offered', 'accepted', 'en_route', 'on_scene');
CREATE INDEX dispatch_assignment_by_incident ON dispatch_assignment (incident, id);

CREATE TABLE dispatch_reply (
    assignment TEXT NOT NULL REFERENCES dispatch_assignment (id),
    seq BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    by_actor TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (assignment, seq)
);

CREATE TABLE dispatch_log (
    incident TEXT NOT NULL REFERENCES dispatch_incident (id),
    seq BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    by_actor TEXT NOT NULL,
    by_name TEXT NOT NULL,
    log_key TEXT NOT NULL,
    params TEXT NOT NULL,
    PRIMARY KEY (incident, seq)
);

-- When the plate of a hit was read and when the hit was raised, for the first interval of the KPIs.
CREATE TABLE dispatch_hit_timing (
    hit TEXT PRIMARY KEY,
    read_at_us BIGINT NOT NULL,
    raised_at_us BIGINT NOT NULL
);
CREATE INDEX dispatch_hit_timing_by_time ON dispatch_hit_timing (raised_at_us);
