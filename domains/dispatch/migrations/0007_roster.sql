-- Who crews which unit from when to when. A person is a name as the roster writes it, until somebody signs in and joins.
CREATE TABLE dispatch_shift (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES dispatch_unit (id),
    name TEXT NOT NULL,
    -- The name as people compare it: folded, without blanks.
    person TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    -- Who joined the unit for it, and when.
    actor TEXT,
    joined_at_us BIGINT,
    set_at_us BIGINT NOT NULL,
    set_by_name TEXT NOT NULL,
    -- Struck out; kept, because the audit log speaks of it.
    removed_at_us BIGINT
);
CREATE INDEX dispatch_shift_by_time ON dispatch_shift (from_us);
CREATE INDEX dispatch_shift_by_person ON dispatch_shift (person, from_us);

-- Its row is the lock under which overlaps are looked for.
CREATE TABLE dispatch_roster (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO dispatch_roster (id, revision) VALUES (1, 0);
