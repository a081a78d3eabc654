-- What was let out of one plate: who, for which case, which day and moment. Plates and moments are keyed hashes; without the key
-- the table says how much was shown, and not of whom or what.
CREATE TABLE oversight_release (
    target TEXT NOT NULL,
    point BIGINT NOT NULL,
    -- The case as it is compared; a question without one is a case of its asker's own.
    case_key TEXT NOT NULL,
    asker TEXT NOT NULL,
    -- Empty: without a consent, so that it counts. Else `consent …` or `opening …`.
    ground TEXT NOT NULL,
    -- In Taipei, days since 1970.
    day BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (target, point, case_key, asker, ground)
);
CREATE INDEX oversight_release_at ON oversight_release (at_us);
CREATE INDEX oversight_release_ground ON oversight_release (ground, at_us);
-- One row per plate and case (`c:…`) and per plate and asker (`a:…`): what two questions at once wait for, with the sums that tell
-- without a scan whether any bound of a case or an asker is used up.
CREATE TABLE oversight_account (
    target TEXT NOT NULL,
    holder TEXT NOT NULL,
    days BIGINT NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (target, holder)
);
CREATE INDEX oversight_account_points ON oversight_account (holder, points);
CREATE INDEX oversight_account_days ON oversight_account (holder, days);
-- Every bound that was ever set; the highest version holds.
CREATE TABLE oversight_bound (
    version BIGINT PRIMARY KEY,
    days_max BIGINT NOT NULL,
    points_max BIGINT NOT NULL,
    set_at_us BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_by_name TEXT NOT NULL
);
-- Consents after 警察職權行使法 §11. Guarded by state: asked → given → withdrawn, or asked → refused or withdrawn. That one is over is
-- said by ends_at_us alone.
CREATE TABLE oversight_consent (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    case_ref TEXT NOT NULL,
    case_key TEXT NOT NULL,
    -- JSON object: plates, cameras, basis and reason.
    scope TEXT NOT NULL,
    -- Passages of this time only.
    from_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    term_days BIGINT NOT NULL,
    asked_at_us BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_by_name TEXT NOT NULL,
    asked_office TEXT NOT NULL,
    decided_at_us BIGINT,
    decided_by TEXT,
    decided_by_name TEXT,
    decided_office TEXT,
    decided_note TEXT,
    ends_at_us BIGINT,
    -- none, asked, given, refused: it is extended once.
    extension TEXT NOT NULL,
    -- JSON object: days, reason, who asked and who decided.
    extended TEXT NOT NULL,
    withdrawn_at_us BIGINT,
    withdrawn_by_name TEXT,
    withdrawn_note TEXT
);
CREATE INDEX oversight_consent_state ON oversight_consent (state, id);
CREATE INDEX oversight_consent_case ON oversight_consent (case_key, state);
CREATE TABLE oversight_consent_plate (
    target TEXT NOT NULL,
    consent TEXT NOT NULL REFERENCES oversight_consent (id),
    PRIMARY KEY (target, consent)
);
-- A plate opened for a day because a life is in danger; somebody of oversight must look at each.
CREATE TABLE oversight_opening (
    id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    plate TEXT NOT NULL,
    case_ref TEXT NOT NULL,
    case_key TEXT NOT NULL,
    priority BIGINT NOT NULL,
    opened_at_us BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_by_name TEXT NOT NULL,
    ends_at_us BIGINT NOT NULL,
    review_due_at_us BIGINT NOT NULL,
    -- justified, not_justified
    finding TEXT,
    reviewed_at_us BIGINT,
    reviewed_by TEXT,
    reviewed_by_name TEXT,
    review_note TEXT,
    -- Nobody had looked at it in time.
    escalated_at_us BIGINT
);
CREATE INDEX oversight_opening_target ON oversight_opening (target, case_key);
CREATE INDEX oversight_opening_review ON oversight_opening (reviewed_at_us, review_due_at_us);
