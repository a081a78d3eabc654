-- Roads that are closed for a while. What was drawn is kept, not the road pieces that it means: another map has other pieces.
CREATE TABLE operations_closure (
    id           TEXT PRIMARY KEY,
    -- {"line": [{"lon": 120.2, "lat": 23.0}, …]}
    drawn        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    made_at_us   BIGINT NOT NULL,
    made_by      TEXT NOT NULL,
    until_us     BIGINT NOT NULL,
    lifted_at_us BIGINT,
    lifted_by    TEXT
);
CREATE INDEX operations_closure_until ON operations_closure (until_us);
-- One row, which whoever closes or opens a road changes first: two people cannot pass the limit at once, and every server sees
-- by the number that there is something to read.
CREATE TABLE operations_closing (
    id    BIGINT PRIMARY KEY,
    times BIGINT NOT NULL
);
INSERT INTO operations_closing (id, times) VALUES (1, 0);
