-- Patrol boxes and the signatures left at them.

-- One row: what every code and key of this city is derived from.
CREATE TABLE patrol_secret (
    id BIGINT PRIMARY KEY,
    secret {{BLOB}} NOT NULL
);

CREATE TABLE patrol_box (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    station TEXT NOT NULL,
    beat TEXT NOT NULL,
    note TEXT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    -- A visit is wanted at least so often.
    every_h BIGINT NOT NULL,
    is_active BIGINT NOT NULL,
    -- Sheets of earlier versions are worthless.
    code_version BIGINT NOT NULL,
    has_device BIGINT NOT NULL,
    tag_uid TEXT UNIQUE,
    last_check_in_at_us BIGINT,
    created_at_us BIGINT NOT NULL
);
CREATE INDEX patrol_box_by_station ON patrol_box (station, number);

-- Given to a phone beforehand, each for one signature at a printed code.
CREATE TABLE patrol_nonce (
    nonce TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    given_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL
);
CREATE INDEX patrol_nonce_by_expiry ON patrol_nonce (expires_at_us);

CREATE TABLE patrol_check_in (
    id TEXT PRIMARY KEY,
    box TEXT NOT NULL REFERENCES patrol_box (id),
    method TEXT NOT NULL,
    -- What can be used once only: a nonce, a step of a rotating code, a tag's counter.
    proof TEXT NOT NULL UNIQUE,
    tag_counter BIGINT,
    by_actor TEXT NOT NULL,
    by_name TEXT NOT NULL,
    unit TEXT,
    measured_at_us BIGINT NOT NULL,
    received_at_us BIGINT NOT NULL,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    accuracy_m DOUBLE PRECISION,
    distance_m DOUBLE PRECISION,
    doubts TEXT NOT NULL
);
CREATE INDEX patrol_check_in_by_box ON patrol_check_in (box, measured_at_us);
CREATE INDEX patrol_check_in_by_person ON patrol_check_in (by_actor, measured_at_us);
CREATE INDEX patrol_check_in_by_time ON patrol_check_in (measured_at_us);

-- Attempts that were refused: a copied code shows here first.
CREATE TABLE patrol_refusal (
    id TEXT PRIMARY KEY,
    at_us BIGINT NOT NULL,
    by_actor TEXT NOT NULL,
    box TEXT,
    problem TEXT NOT NULL
);
CREATE INDEX patrol_refusal_by_time ON patrol_refusal (at_us);
