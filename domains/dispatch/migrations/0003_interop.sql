-- Neighbouring centres. A partner's key counts here only where an operator has said which element it speaks for.
CREATE TABLE dispatch_partner (
    -- The enrolled device of kind partner.
    device        TEXT PRIMARY KEY,
    title         TEXT NOT NULL,
    -- Domain name in lower case: what that key may name as the sender, itself or below it.
    element       TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    created_by    TEXT NOT NULL,
    ended_at_us   BIGINT
);

-- Which incident of ours is which of theirs.
CREATE TABLE dispatch_told (
    sender        TEXT NOT NULL,
    incident_ref  TEXT NOT NULL,
    incident      TEXT NOT NULL REFERENCES dispatch_incident (id),
    -- The newest state of theirs that was told.
    updated_at_us BIGINT NOT NULL,
    PRIMARY KEY (sender, incident_ref)
);

-- Every EIDO that was taken, so that the same one again changes nothing.
CREATE TABLE dispatch_told_message (
    sender        TEXT NOT NULL,
    incident_ref  TEXT NOT NULL,
    digest        TEXT NOT NULL,
    arrived_at_us BIGINT NOT NULL,
    PRIMARY KEY (sender, incident_ref, digest)
);
