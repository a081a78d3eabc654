-- Which segments make up the lake, who writes it, and which number is which lens. Times in microseconds unless named _ms.

-- One row; grows with every change by any node.
CREATE TABLE lakehouse_version (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL,
    next_node BIGINT NOT NULL
);
INSERT INTO lakehouse_version (one, version, next_node) VALUES (1, 0, 1);

CREATE TABLE lakehouse_segment (
    id BIGINT PRIMARY KEY,
    class BIGINT NOT NULL,
    day BIGINT NOT NULL,
    segment_rows BIGINT NOT NULL,
    plates BIGINT NOT NULL,
    first_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    plate_bytes BIGINT NOT NULL,
    source_bytes BIGINT NOT NULL,
    index_bytes BIGINT NOT NULL,
    index_crc BIGINT NOT NULL,
    -- The version that brought it.
    since_version BIGINT NOT NULL
);
CREATE INDEX lakehouse_segment_day ON lakehouse_segment (class, day);

-- Segments that no longer count and whose files are still to be removed, by whoever comes first after the grace period.
CREATE TABLE lakehouse_dropped (
    id BIGINT PRIMARY KEY,
    class BIGINT NOT NULL,
    day BIGINT NOT NULL,
    dropped_at_us BIGINT NOT NULL
);
CREATE INDEX lakehouse_dropped_at ON lakehouse_dropped (dropped_at_us);

CREATE TABLE lakehouse_node (
    number BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Whoever opened the node last; an earlier holder can publish nothing more.
    epoch BIGINT NOT NULL,
    next_segment BIGINT NOT NULL,
    -- Write-ahead log files up to this one are in segments.
    wal_until BIGINT NOT NULL,
    seen_at_us BIGINT NOT NULL,
    -- The earliest passage in memory that no segment has; NULL: there is none.
    unflushed_from_ms BIGINT,
    unflushed_rows BIGINT NOT NULL,
    -- 0 after an orderly end, when nothing is left in memory.
    is_open BIGINT NOT NULL
);

-- Sequence numbers that a node has received of a device, as the lake packs them.
CREATE TABLE lakehouse_receipt (
    node BIGINT NOT NULL REFERENCES lakehouse_node (number),
    device BIGINT NOT NULL,
    ranges {{BLOB}} NOT NULL,
    PRIMARY KEY (node, device)
);

-- Devices by number; with a row's sequence the number makes a report idempotent.
CREATE TABLE lakehouse_device (
    number BIGINT PRIMARY KEY,
    device TEXT NOT NULL UNIQUE
);

-- Sources by number. A fixed source that is moved is a new one, so that old passages stay where they were seen.
CREATE TABLE lakehouse_source (
    number BIGINT PRIMARY KEY,
    -- Device, camera, site and place as one text: unique even where some are missing.
    identity TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL,
    camera TEXT,
    site TEXT,
    name TEXT NOT NULL,
    lon_e6 BIGINT,
    lat_e6 BIGINT,
    since_us BIGINT NOT NULL
);
