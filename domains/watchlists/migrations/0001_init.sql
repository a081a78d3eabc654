-- The one list. Its row is locked by whoever changes the list, so versions are committed in their own order.
CREATE TABLE watchlists_list (
    id      BIGINT PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO watchlists_list (id, version) VALUES (1, 0);

-- state: proposed, active, refused, withdrawn, expired. changed_version: the list version of the entry's last change as a
-- device sees it, unique per change; 0 while it never was in force. search: folded text of everything that q looks at.
CREATE TABLE watchlists_entry (
    id               TEXT PRIMARY KEY,
    pattern          TEXT NOT NULL,
    legal_basis      TEXT NOT NULL,
    owner            TEXT NOT NULL,
    reason           TEXT NOT NULL,
    action           TEXT NOT NULL,
    vehicle_class    TEXT,
    vehicle_note     TEXT NOT NULL,
    issuer           TEXT NOT NULL,
    state            TEXT NOT NULL,
    import_id        TEXT,
    proposed_by      TEXT NOT NULL,
    proposed_by_name TEXT NOT NULL,
    approved_by      TEXT,
    approved_by_name TEXT,
    ended_by         TEXT,
    ended_by_name    TEXT,
    end_reason       TEXT NOT NULL,
    created_at_us    BIGINT NOT NULL,
    activated_at_us  BIGINT,
    ended_at_us      BIGINT,
    expires_at_us    BIGINT NOT NULL,
    changed_version  BIGINT NOT NULL,
    search           TEXT NOT NULL
);
CREATE INDEX watchlists_entry_state ON watchlists_entry (state, id);
CREATE INDEX watchlists_entry_expiry ON watchlists_entry (state, expires_at_us);
CREATE INDEX watchlists_entry_pattern ON watchlists_entry (pattern, legal_basis);
CREATE INDEX watchlists_entry_import ON watchlists_entry (import_id, state, id);
CREATE INDEX watchlists_entry_changed ON watchlists_entry (changed_version);

-- state: loading (rows are being written), proposed, approving, approved, failed (cut off while loading).
CREATE TABLE watchlists_import (
    id               TEXT PRIMARY KEY,
    state            TEXT NOT NULL,
    format           TEXT NOT NULL,
    encoding         TEXT NOT NULL,
    rows_read        BIGINT NOT NULL,
    accepted         BIGINT NOT NULL,
    proposed_by      TEXT NOT NULL,
    proposed_by_name TEXT NOT NULL,
    approved_by      TEXT,
    approved_by_name TEXT,
    created_at_us    BIGINT NOT NULL
);
CREATE INDEX watchlists_import_state ON watchlists_import (state, created_at_us);

-- state: raised, confirmed, rejected, lapsed. shown: JSON object of what the person must see, as it was when the hit was
-- raised. spot: the camera, or the device where it has none.
CREATE TABLE watchlists_hit (
    id                  TEXT PRIMARY KEY,
    state               TEXT NOT NULL,
    kind                TEXT NOT NULL,
    entry_id            TEXT NOT NULL,
    sighting_id         TEXT NOT NULL,
    plate               TEXT NOT NULL,
    spot                TEXT NOT NULL,
    captured_at_us      BIGINT NOT NULL,
    last_captured_at_us BIGINT NOT NULL,
    raised_at_us        BIGINT NOT NULL,
    lon                 DOUBLE PRECISION,
    lat                 DOUBLE PRECISION,
    shown               TEXT NOT NULL,
    decided_at_us       BIGINT,
    decided_by          TEXT,
    decided_by_name     TEXT,
    plate_seen          TEXT,
    reject_reason       TEXT,
    note                TEXT NOT NULL,
    incident_id         TEXT
);
CREATE INDEX watchlists_hit_state ON watchlists_hit (state, id);
CREATE INDEX watchlists_hit_spot ON watchlists_hit (entry_id, spot, last_captured_at_us);
CREATE INDEX watchlists_hit_incident ON watchlists_hit (incident_id);

-- Every sighting that matched an entry, with the hit that it raised or joined: once, however often the event comes.
CREATE TABLE watchlists_match (
    entry_id       TEXT NOT NULL,
    sighting_id    TEXT NOT NULL,
    hit_id         TEXT NOT NULL,
    plate          TEXT NOT NULL,
    captured_at_us BIGINT NOT NULL,
    lon            DOUBLE PRECISION,
    lat            DOUBLE PRECISION,
    PRIMARY KEY (entry_id, sighting_id)
);
CREATE INDEX watchlists_match_time ON watchlists_match (entry_id, plate, captured_at_us);

-- Units that were sent to the incident of a hit: their crews must see the picture wherever they are.
CREATE TABLE watchlists_hit_crew (
    hit_id  TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    PRIMARY KEY (hit_id, unit_id)
);
