-- Planned tours: what was proposed, what a person published, and what crews said of their stops.

CREATE TABLE patrol_plan (
    id TEXT PRIMARY KEY,
    -- proposed, published, discarded, withdrawn, replaced
    state TEXT NOT NULL,
    -- 派出所; empty for the whole city.
    station TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL,
    created_at_us BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    decided_at_us BIGINT,
    decided_by_name TEXT,
    -- Why it was discarded or withdrawn.
    reason TEXT,
    -- The plan that ends when this one is published.
    replaces TEXT,
    -- The answer as it was proposed, seed and terms included; it never changes.
    answer TEXT NOT NULL
);
CREATE INDEX patrol_plan_by_time ON patrol_plan (from_us, state);

CREATE TABLE patrol_tour (
    plan TEXT NOT NULL REFERENCES patrol_plan (id),
    unit TEXT NOT NULL,
    call_sign TEXT NOT NULL,
    stops BIGINT NOT NULL,
    PRIMARY KEY (plan, unit)
);
CREATE INDEX patrol_tour_by_unit ON patrol_tour (unit, plan);

-- What a crew says of a stop; the newest word of its own clock holds.
CREATE TABLE patrol_mark (
    plan TEXT NOT NULL REFERENCES patrol_plan (id),
    unit TEXT NOT NULL,
    seq BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    at_us BIGINT NOT NULL,
    received_at_us BIGINT NOT NULL,
    by_actor TEXT NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (plan, unit, seq)
);

-- One row, which whoever publishes changes first: two plans for one crew cannot pass each other.
CREATE TABLE patrol_publishing (
    id BIGINT PRIMARY KEY,
    times BIGINT NOT NULL
);
INSERT INTO patrol_publishing (id, times) VALUES (1, 0);
