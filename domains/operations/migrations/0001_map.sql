-- Every imported road network, the newest last; the program keeps the newest in memory.
CREATE TABLE operations_map (
    version        BIGINT PRIMARY KEY,
    network        {{BLOB}} NOT NULL,
    attribution    TEXT NOT NULL,
    report         TEXT NOT NULL,
    imported_at_us BIGINT NOT NULL,
    imported_by    TEXT NOT NULL
);
