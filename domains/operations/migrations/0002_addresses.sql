-- Address files as they came, one for each source: outlines of towns and villages, doors, kilometre marks. They are read again
-- at each start, so that a program that reads better finds more without a new import.
CREATE TABLE operations_address_file (
    source         TEXT PRIMARY KEY,
    version        BIGINT NOT NULL,
    content        {{BLOB}} NOT NULL,
    attribution    TEXT NOT NULL,
    report         TEXT NOT NULL,
    imported_at_us BIGINT NOT NULL,
    imported_by    TEXT NOT NULL
);
CREATE UNIQUE INDEX operations_address_file_version ON operations_address_file (version);
