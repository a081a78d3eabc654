-- 個資外洩登錄. A breach is what somebody wrote down; what was done about it are its steps. Neither is ever changed.
CREATE TABLE oversight_breach (
    id               TEXT PRIMARY KEY,
    -- When the house knew: from here the clock runs.
    known_at_us      BIGINT NOT NULL,
    -- Since when it may have happened; null where nobody knows.
    since_us         BIGINT,
    what             TEXT NOT NULL,
    data             TEXT NOT NULL,
    -- Persons concerned, as far as is known.
    persons          BIGINT,
    written_at_us    BIGINT NOT NULL,
    written_by       TEXT NOT NULL,
    written_by_name  TEXT NOT NULL,
    tell_due_at_us   BIGINT NOT NULL
);
CREATE TABLE oversight_breach_step (
    breach         TEXT NOT NULL REFERENCES oversight_breach (id),
    seq            BIGINT NOT NULL,
    -- persons_told, authority_told, not_told, measure, count, closed
    kind           TEXT NOT NULL,
    text           TEXT NOT NULL,
    persons        BIGINT,
    -- When it was done, which may be before it was written down.
    at_us          BIGINT NOT NULL,
    written_at_us  BIGINT NOT NULL,
    by_actor       TEXT NOT NULL,
    by_name        TEXT NOT NULL,
    PRIMARY KEY (breach, seq)
);
