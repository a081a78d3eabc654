-- What was hashed, sealed; and the leaf. seq counts from 1: leaf seq is number seq - 1 of the tree.
CREATE TABLE audit_entry (
    seq BIGINT PRIMARY KEY,
    day BIGINT NOT NULL,
    class TEXT NOT NULL,
    leaf {{BLOB}} NOT NULL,
    -- Nonce and ciphertext of salt and entry; empty once erased.
    sealed {{BLOB}} NOT NULL
);
CREATE INDEX audit_entry_by_key ON audit_entry (day, class);
-- C2SP tlog-tiles, as full as the log is long: a partial tile is the beginning of the later one.
CREATE TABLE audit_tile (
    level BIGINT NOT NULL,
    tile BIGINT NOT NULL,
    hashes {{BLOB}} NOT NULL,
    PRIMARY KEY (level, tile)
);
-- The last signed checkpoint of each hour (since 1970), and so the last of all.
CREATE TABLE audit_checkpoint (
    hour BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    note TEXT NOT NULL
);
-- Keys that were destroyed, and the leaf that says so.
CREATE TABLE audit_erasure (
    day BIGINT NOT NULL,
    class TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (day, class)
);
-- One row: the log's name, and how far the older hash chain (audit_leaf) was taken over.
CREATE TABLE audit_log (
    only_row BIGINT PRIMARY KEY,
    origin TEXT NOT NULL,
    chain_leaves BIGINT NOT NULL,
    chain_hash TEXT NOT NULL,
    chain_bad_seq BIGINT,
    is_chain_done BIGINT NOT NULL
);
