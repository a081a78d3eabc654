-- What people were asked for and did not do, with the reason; what nobody answered in time has the reason not_answered. Who it was stands in
-- the audit log and not here.
CREATE TABLE oversight_not_done (
    asked TEXT NOT NULL,
    -- Id of the hit, the order, the plan …
    object TEXT NOT NULL,
    code TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    -- YYYY-MM in Taipei.
    month TEXT NOT NULL,
    -- Of whoever gave the reason, when it was written down; empty: of nobody, or of somebody without one.
    office TEXT NOT NULL,
    -- Of what nobody answered: the leaf that says so; absent until it is written. What a person did has its leaf already.
    leaf BIGINT,
    -- A fact that is told twice counts once.
    PRIMARY KEY (asked, object, code)
);
CREATE INDEX oversight_not_done_month ON oversight_not_done (month);
ALTER TABLE oversight_case ADD COLUMN not_founded TEXT;
