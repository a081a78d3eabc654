-- Which of its day's keys an entry is sealed with: 0 at first, and a higher one after each erasure of single entries of that day.
ALTER TABLE audit_entry ADD COLUMN key_no BIGINT NOT NULL DEFAULT 0;
-- Entries that were erased one by one, and the leaf that says so.
CREATE TABLE audit_entry_erasure (
    seq BIGINT PRIMARY KEY,
    said_seq BIGINT NOT NULL
);
