-- Who looked at which plate on which day, and why: told to whoever drives it. The plate is a keyed hash, of its letters and not of what
-- cameras take for it as in oversight_release.
CREATE TABLE oversight_use (
    plate TEXT NOT NULL,
    -- In Taipei, days since 1970: of the look, not of what it showed.
    day BIGINT NOT NULL,
    asker TEXT NOT NULL,
    case_key TEXT NOT NULL,
    purpose TEXT NOT NULL,
    -- Empty: within the bound. Else `consent …` or `opening …`.
    ground TEXT NOT NULL,
    -- Empty: in none.
    office TEXT NOT NULL,
    is_live BIGINT NOT NULL,
    first_at_us BIGINT NOT NULL,
    PRIMARY KEY (plate, day, asker, case_key, purpose, ground)
);
CREATE INDEX oversight_use_at ON oversight_use (first_at_us);
-- Since when uses are written down, in one row: no answer may speak of a time before.
CREATE TABLE oversight_use_since (
    only_row BIGINT PRIMARY KEY,
    since_us BIGINT NOT NULL
);
-- A citizen's question who has looked at a plate. Guarded by state: asked → confirmed → answered, or asked → refused.
CREATE TABLE oversight_inquiry (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    plate TEXT NOT NULL,
    document TEXT NOT NULL,
    -- Keyed hash of the document's number, which is kept nowhere.
    document_fold TEXT NOT NULL,
    claim TEXT NOT NULL,
    claim_shown TEXT NOT NULL,
    -- Uses of this time.
    from_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    due_at_us BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_by_name TEXT NOT NULL,
    confirmed_at_us BIGINT,
    confirmed_by TEXT,
    confirmed_by_name TEXT,
    -- Why the claim was refused.
    refused_note TEXT
);
CREATE INDEX oversight_inquiry_state ON oversight_inquiry (state, id);
-- What was answered, word by word; its hash is a leaf of the log that was there before it.
CREATE TABLE oversight_inquiry_answer (
    inquiry TEXT NOT NULL REFERENCES oversight_inquiry (id),
    number BIGINT NOT NULL,
    made_at_us BIGINT NOT NULL,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    leaf BIGINT NOT NULL,
    handed_at_us BIGINT,
    handed_by_name TEXT,
    PRIMARY KEY (inquiry, number)
);
-- What is told later, of one case: until when, why, and by whose word. Extended once, by somebody else.
CREATE TABLE oversight_inquiry_deferral (
    inquiry TEXT NOT NULL REFERENCES oversight_inquiry (id),
    case_key TEXT NOT NULL,
    -- JSON object: the lines that are held back. The ledger of uses forgets before the longest deferral ends.
    held TEXT NOT NULL,
    until_us BIGINT NOT NULL,
    reason TEXT NOT NULL,
    set_at_us BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_by_name TEXT NOT NULL,
    renewed_at_us BIGINT,
    renewed_by_name TEXT,
    renewed_reason TEXT,
    -- Which answer has told it.
    told_in BIGINT,
    PRIMARY KEY (inquiry, case_key)
);
