-- What was dropped or erased, so that a house that comes back from an older backup forgets it again. Names no vehicle: a plate is a
-- hash under a key that lies with the house's keys.
CREATE TABLE lakehouse_forgotten (
    id TEXT PRIMARY KEY,
    -- Of a day that was dropped.
    class BIGINT,
    day BIGINT,
    -- Of a plate that was erased: its passages from and before these times, milliseconds.
    plate_hash TEXT,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    -- Hashes of the passages that somebody still needed then, eight bytes each; NULL: the act was begun, and perhaps not done.
    kept {{BLOB}},
    forgotten_at_us BIGINT NOT NULL
);
CREATE INDEX lakehouse_forgotten_at ON lakehouse_forgotten (forgotten_at_us, id);
