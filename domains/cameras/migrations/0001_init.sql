-- kind: fixed, patrol. A camera is never deleted, because sightings name it; it is set inactive.
CREATE TABLE cameras_camera (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    kind           TEXT NOT NULL,
    lon            DOUBLE PRECISION NOT NULL,
    lat            DOUBLE PRECISION NOT NULL,
    heading_deg    DOUBLE PRECISION,
    is_active      BIGINT NOT NULL,
    created_at_us  BIGINT NOT NULL
);
