-- Backups that were taken and drills that were held, good or not. Named by the moment that they began; times in microseconds.
CREATE TABLE operations_backup (
    kind TEXT NOT NULL,
    began_at_us BIGINT NOT NULL,
    is_good BIGINT NOT NULL,
    -- Id at the place; NULL when nothing came of it.
    backup TEXT,
    took_us BIGINT NOT NULL,
    bytes_written BIGINT,
    -- Of a drill: from the moment of the backup, and from its newest passage, to the end of the drill.
    rpo_us BIGINT,
    newest_passage_age_us BIGINT,
    detail TEXT NOT NULL,
    PRIMARY KEY (kind, began_at_us)
);
CREATE INDEX operations_backup_began ON operations_backup (began_at_us);
