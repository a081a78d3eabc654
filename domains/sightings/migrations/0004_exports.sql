-- An answer as a file. Guarded by state: waiting → running → ready → expired, or cancelled or failed.
CREATE TABLE sightings_export (
    id              TEXT PRIMARY KEY,
    state           TEXT NOT NULL,
    format          TEXT NOT NULL,
    -- JSON object.
    question        TEXT NOT NULL,
    from_us         BIGINT NOT NULL,
    until_us        BIGINT NOT NULL,
    asked           TEXT NOT NULL,
    asked_by        TEXT NOT NULL,
    asked_by_name   TEXT NOT NULL,
    asked_at_us     BIGINT NOT NULL,
    purpose         TEXT NOT NULL,
    case_ref        TEXT,
    attempts        BIGINT NOT NULL,
    percent         BIGINT NOT NULL,
    rows_written    BIGINT NOT NULL,
    bytes           BIGINT NOT NULL,
    -- Name and day of the encrypted file.
    blob            TEXT,
    blob_day        BIGINT,
    expires_at_us   BIGINT,
    -- JSON object with the notes on what may be missing.
    partial         TEXT NOT NULL,
    error           TEXT
);
CREATE INDEX sightings_export_asker ON sightings_export (asked_by, id);
