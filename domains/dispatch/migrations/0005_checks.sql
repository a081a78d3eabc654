-- Whether crews are well: questions, who wants them asked, and where a unit has stood since.

CREATE TABLE dispatch_check (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES dispatch_unit (id),
    -- Absent on patrol.
    incident TEXT REFERENCES dispatch_incident (id),
    assignment TEXT REFERENCES dispatch_assignment (id),
    -- par, still, silent
    kind TEXT NOT NULL,
    -- That of the incident; 3 on patrol.
    priority BIGINT NOT NULL,
    -- asked, overdue; safe, help, acted, dealt once it has ended.
    state TEXT NOT NULL,
    asked_at_us BIGINT NOT NULL,
    due_at_us BIGINT NOT NULL,
    -- Absent: the clock asked.
    asked_by_name TEXT,
    answered_at_us BIGINT,
    answered_by_name TEXT,
    ended_at_us BIGINT,
    ended_by_name TEXT,
    reason TEXT
);
-- A crew is asked one thing at a time; what it did not answer stays open beside the next question.
CREATE UNIQUE INDEX dispatch_check_one_asked ON dispatch_check (unit) WHERE ended_at_us IS NULL AND state = 'asked';
CREATE INDEX dispatch_check_open ON dispatch_check (asked_at_us) WHERE ended_at_us IS NULL;
CREATE INDEX dispatch_check_by_unit ON dispatch_check (unit, ended_at_us);

-- What a dispatcher has said for one incident, against or beside the room's policy.
CREATE TABLE dispatch_par (
    incident TEXT PRIMARY KEY REFERENCES dispatch_incident (id),
    -- Absent: as the policy says.
    is_on BIGINT,
    -- Ask every crew on scene that has given no sign since.
    now_at_us BIGINT,
    set_at_us BIGINT NOT NULL,
    set_by_name TEXT NOT NULL
);

-- The place around which a watched unit has been, and since when.
CREATE TABLE dispatch_still (
    unit TEXT PRIMARY KEY REFERENCES dispatch_unit (id),
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    since_us BIGINT NOT NULL
);
