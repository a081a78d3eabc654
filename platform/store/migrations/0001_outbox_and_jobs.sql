-- Facts in the order in which they were emitted. seq is given when a fact is published, so that a stream never sees a
-- smaller number after a larger one, which a sequence taken before the commit cannot promise.
CREATE TABLE store_outbox (
    id            TEXT PRIMARY KEY,
    emitted_order BIGINT NOT NULL,
    at_us         BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    body          TEXT NOT NULL,
    seq           BIGINT UNIQUE
);
CREATE INDEX store_outbox_waiting ON store_outbox (emitted_order) WHERE seq IS NULL;

-- state: waiting, running, done, failed (attempts used up; an operator may retry).
CREATE TABLE store_job (
    id              TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    job_key         TEXT NOT NULL,
    payload         TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        BIGINT NOT NULL,
    run_at_us       BIGINT NOT NULL,
    enqueued_at_us  BIGINT NOT NULL,
    leased_until_us BIGINT,
    finished_at_us  BIGINT,
    last_error      TEXT,
    UNIQUE (kind, job_key)
);
CREATE INDEX store_job_due ON store_job (state, run_at_us);
