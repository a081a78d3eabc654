-- What was answered to a request that carried an Idempotency-Key. state: running, done.
CREATE TABLE http_idempotency (
    actor        TEXT NOT NULL,
    request_key  TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    state        TEXT NOT NULL,
    status       BIGINT,
    body         {{BLOB}},
    at_us        BIGINT NOT NULL,
    PRIMARY KEY (actor, request_key)
);
