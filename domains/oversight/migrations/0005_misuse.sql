-- Answered questions that named a subject, as the log has them; the subject is a keyed hash, as in oversight_release. They are worked out of
-- the log again when the table is lost, and go after sixteen weeks.
CREATE TABLE oversight_look (
    -- Number of the leaf, and which of the subjects that it names.
    seq BIGINT NOT NULL,
    target TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    -- NULL: no case was named.
    case_key TEXT,
    is_live BIGINT NOT NULL,
    PRIMARY KEY (seq, target)
);
CREATE INDEX oversight_look_at ON oversight_look (at_us);
-- How far the log was read, in one row, and how many questions about one vehicle could not be understood.
CREATE TABLE oversight_looked (
    only_row BIGINT PRIMARY KEY,
    to_seq BIGINT NOT NULL,
    unread BIGINT NOT NULL
);
INSERT INTO oversight_looked (only_row, to_seq, unread) VALUES (1, 0, 0);
-- What an auditor has noted about a vehicle.
CREATE TABLE oversight_mark (
    id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    plate TEXT NOT NULL,
    -- decoy, vip, own, household
    kind TEXT NOT NULL,
    -- Whose, of own and household.
    officer TEXT,
    officer_name TEXT,
    note TEXT NOT NULL,
    set_at_us BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_by_name TEXT NOT NULL,
    ended_at_us BIGINT,
    ended_by_name TEXT
);
CREATE INDEX oversight_mark_ended ON oversight_mark (ended_at_us, id);
-- Hints. Guarded by state: new → opened, or new → set_aside with a reason code.
CREATE TABLE oversight_alert (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    officer TEXT NOT NULL,
    officer_name TEXT NOT NULL,
    -- Empty where it is about no single subject.
    target TEXT NOT NULL,
    counted BIGINT NOT NULL,
    expected DOUBLE PRECISION NOT NULL,
    by_chance DOUBLE PRECISION,
    -- JSON object: numbers of leaves.
    evidence TEXT NOT NULL,
    to_seq BIGINT NOT NULL,
    made_at_us BIGINT NOT NULL,
    settled_at_us BIGINT,
    settled_by TEXT,
    settled_by_name TEXT,
    -- Why nothing was done.
    reason TEXT,
    note TEXT,
    -- A turn that runs twice says nothing twice.
    UNIQUE (officer, kind, target, to_seq)
);
CREATE INDEX oversight_alert_state ON oversight_alert (state, id);
-- An auditor's case file. Guarded by state: open → asked → answered → closed, from any of the first three to closed.
CREATE TABLE oversight_case (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    officer TEXT NOT NULL,
    officer_name TEXT NOT NULL,
    -- In which he served when it was opened; NULL where nobody knows.
    office TEXT,
    -- alert, sample, hand
    origin TEXT NOT NULL,
    alert TEXT UNIQUE,
    -- JSON object: numbers of leaves.
    evidence TEXT NOT NULL,
    opened_at_us BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    due_at_us BIGINT NOT NULL,
    answer_due_at_us BIGINT,
    -- founded, unfounded, unproven
    finding TEXT,
    closed_at_us BIGINT
);
CREATE INDEX oversight_case_state ON oversight_case (state, id);
CREATE INDEX oversight_case_officer ON oversight_case (officer, id);
-- What was done, step by step; nothing of it is changed or taken out.
CREATE TABLE oversight_case_step (
    case_id TEXT NOT NULL REFERENCES oversight_case (id),
    number BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    -- opened, question, answer, finding
    what TEXT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (case_id, number)
);
-- Random samples: first the leaves that a sample is of, then, from a checkpoint that was signed afterwards, which of them were drawn.
CREATE TABLE oversight_sample (
    -- Number of the leaf that closed the period.
    close_seq BIGINT PRIMARY KEY,
    from_seq BIGINT NOT NULL,
    to_seq BIGINT NOT NULL,
    closed_at_us BIGINT NOT NULL,
    -- The text of the signed checkpoint; NULL until there is one.
    checkpoint TEXT,
    -- JSON object: which were drawn, in order.
    drawn TEXT,
    drawn_at_us BIGINT
);
