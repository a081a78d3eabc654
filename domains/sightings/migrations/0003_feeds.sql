-- A partner's feed. id is also the device under which its sources and passages are known to the lake, whichever device of
-- the partner pushes: keys are exchanged, passages stay.
CREATE TABLE sightings_feed (
    name            TEXT PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    title           TEXT NOT NULL,
    class           TEXT NOT NULL,
    mapping         TEXT NOT NULL,
    -- The enrolled device whose key pushes; NULL: only files that the operator gives.
    device          TEXT,
    -- The last moment at which anything is taken.
    expires_at_us   BIGINT,
    created_at_us   BIGINT NOT NULL,
    created_by_name TEXT NOT NULL,
    changed_at_us   BIGINT NOT NULL,
    ended_at_us     BIGINT,
    ended_by_name   TEXT,
    -- Passages of a feed have no numbers of their own: the lake counts them.
    next_sequence   BIGINT NOT NULL
);
CREATE UNIQUE INDEX sightings_feed_device ON sightings_feed (device) WHERE device IS NOT NULL AND ended_at_us IS NULL;

CREATE TABLE sightings_feed_site (
    feed TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    lon  DOUBLE PRECISION NOT NULL,
    lat  DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (feed, code)
);

-- One file that came. report is a JSON object without plates.
CREATE TABLE sightings_feed_push (
    id            TEXT PRIMARY KEY,
    feed          TEXT NOT NULL,
    arrived_at_us BIGINT NOT NULL,
    -- push, upload, drop or command_line.
    via           TEXT NOT NULL,
    by_name       TEXT NOT NULL,
    file_name     TEXT NOT NULL,
    content_hash  TEXT NOT NULL,
    bytes         BIGINT NOT NULL,
    report        TEXT NOT NULL
);
CREATE INDEX sightings_feed_push_feed ON sightings_feed_push (feed, id);
