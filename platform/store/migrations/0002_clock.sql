-- How far time has gone by a clock that was believed, so that one that leaps is known over a restart (platform/jobs/src/belief.rs). One row.
CREATE TABLE store_clock (
    id          BIGINT PRIMARY KEY,
    believed_us BIGINT NOT NULL,
    doubted_us  BIGINT,
    steady_us   BIGINT NOT NULL
);
