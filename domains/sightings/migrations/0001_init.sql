-- One passage of one vehicle. What is searched has a column; the rest (alternatives, character confidences, the device's
-- own matches, source) is one JSON object in details.
CREATE TABLE sightings_sighting (
    id                 TEXT PRIMARY KEY,
    device             TEXT NOT NULL,
    sequence           BIGINT NOT NULL,
    content_hash       TEXT NOT NULL,
    camera             TEXT,
    place_name         TEXT NOT NULL,
    plate              TEXT NOT NULL,
    confidence         DOUBLE PRECISION NOT NULL,
    captured_at_us     BIGINT NOT NULL,
    received_at_us     BIGINT NOT NULL,
    clock_corrected_us BIGINT NOT NULL,
    lon                DOUBLE PRECISION,
    lat                DOUBLE PRECISION,
    direction          TEXT,
    speed_kmh          DOUBLE PRECISION,
    reads              BIGINT NOT NULL,
    crop_blob          TEXT,
    frame_blob         TEXT,
    -- Day of the key of the older picture: when that key is destroyed, this row must be gone or its pictures moved.
    pictures_day       BIGINT,
    model              TEXT NOT NULL,
    details            TEXT NOT NULL,
    kept_for_hit       BIGINT NOT NULL,
    UNIQUE (device, sequence)
);
CREATE INDEX sightings_by_plate ON sightings_sighting (plate, captured_at_us, id);
CREATE INDEX sightings_by_time ON sightings_sighting (captured_at_us, id);
CREATE INDEX sightings_by_camera ON sightings_sighting (camera, captured_at_us, id);
CREATE INDEX sightings_kept ON sightings_sighting (pictures_day) WHERE kept_for_hit = 1;

-- What a device sent and the server could not use, or not wholly. sequence is text because it may be missing ('') or
-- larger than any that is accepted. raw is the report as a JSON object, without pictures.
CREATE TABLE sightings_quarantine (
    id              TEXT PRIMARY KEY,
    device          TEXT NOT NULL,
    device_name     TEXT NOT NULL,
    sequence        TEXT NOT NULL,
    reason          TEXT NOT NULL,
    detail          TEXT NOT NULL,
    plate_text      TEXT NOT NULL,
    raw             TEXT NOT NULL,
    content_hash    TEXT NOT NULL,
    received_at_us  BIGINT NOT NULL,
    dismissed_at_us BIGINT,
    dismissed_by    TEXT,
    UNIQUE (device, sequence, reason, content_hash)
);
CREATE INDEX sightings_quarantine_open ON sightings_quarantine (id) WHERE dismissed_at_us IS NULL;

-- The certificate of each purge: what was destroyed, and up to which day.
CREATE TABLE sightings_purge (
    ran_at_us           BIGINT PRIMARY KEY,
    captured_before_us  BIGINT NOT NULL,
    keys_until_day      BIGINT NOT NULL,
    sightings_deleted   BIGINT NOT NULL,
    quarantine_deleted  BIGINT NOT NULL,
    pictures_moved      BIGINT NOT NULL
);
