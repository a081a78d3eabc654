-- Sightings that no purge and no erasure takes. A passage's id says where it lies in the lake; its plate is here only for people.
CREATE TABLE sightings_hold (
    id             TEXT PRIMARY KEY,
    sighting       TEXT NOT NULL,
    -- Days since 1970 of the capture.
    day            BIGINT NOT NULL,
    captured_at_us BIGINT NOT NULL,
    plate          TEXT NOT NULL,
    reason         TEXT NOT NULL,
    hit            TEXT,
    note           TEXT NOT NULL,
    case_ref       TEXT,
    since_us       BIGINT NOT NULL,
    until_us       BIGINT NOT NULL,
    placed_by      TEXT,
    placed_by_name TEXT,
    lifted_at_us   BIGINT,
    lifted_by      TEXT,
    lift_note      TEXT,
    -- Its own copies of the pictures are destroyed.
    is_cleared     BIGINT NOT NULL
);
CREATE UNIQUE INDEX sightings_hold_of_hit ON sightings_hold (hit);
CREATE INDEX sightings_hold_open ON sightings_hold (day) WHERE lifted_at_us IS NULL;
CREATE INDEX sightings_hold_ended ON sightings_hold (until_us) WHERE is_cleared = 0;

-- What sightings from before the lake are called now.
CREATE TABLE sightings_moved (
    old_id         TEXT PRIMARY KEY,
    new_id         TEXT NOT NULL,
    captured_at_us BIGINT NOT NULL
);
CREATE INDEX sightings_moved_by_time ON sightings_moved (captured_at_us);
CREATE INDEX sightings_moved_by_new ON sightings_moved (new_id);

-- The certificate of each purge of the lake. rows_before = purged + kept + duplicates.
CREATE TABLE sightings_certificate (
    ran_at_us          BIGINT PRIMARY KEY,
    rows_before        BIGINT NOT NULL,
    purged             BIGINT NOT NULL,
    kept               BIGINT NOT NULL,
    duplicates         BIGINT NOT NULL,
    pictures_moved     BIGINT NOT NULL,
    keys_until_day     BIGINT NOT NULL,
    quarantine_deleted BIGINT NOT NULL,
    -- Which segments of which day and class went, with their checksums: JSON object.
    detail             TEXT NOT NULL
);

-- The certificate of each erasure; which plate it was is in nobody's files any more.
CREATE TABLE sightings_erasure (
    at_us    BIGINT NOT NULL,
    by_id    TEXT NOT NULL,
    by_name  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    case_ref TEXT,
    erased   BIGINT NOT NULL,
    pictures BIGINT NOT NULL
);
CREATE INDEX sightings_erasure_by_time ON sightings_erasure (at_us);
