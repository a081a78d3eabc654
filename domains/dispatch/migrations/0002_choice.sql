-- What a choice looks at beside place and state, the room's policy, and crews that need help themselves.

-- Keys of the catalogue of skills, as a JSON list.
ALTER TABLE dispatch_unit ADD COLUMN skills TEXT NOT NULL DEFAULT '[]';
-- When the crew last came on duty; null while off duty.
ALTER TABLE dispatch_unit ADD COLUMN on_duty_since_us BIGINT;
ALTER TABLE dispatch_unit ADD COLUMN last_job_ended_at_us BIGINT;

-- The more urgent incident that took the unit away.
ALTER TABLE dispatch_assignment ADD COLUMN taken_for TEXT;

-- Every policy that was ever set; the highest version holds.
CREATE TABLE dispatch_policy (
    version BIGINT PRIMARY KEY,
    settings TEXT NOT NULL,
    set_at_us BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_by_name TEXT NOT NULL
);

CREATE TABLE dispatch_panic (
    incident TEXT PRIMARY KEY REFERENCES dispatch_incident (id),
    unit TEXT NOT NULL REFERENCES dispatch_unit (id),
    raised_at_us BIGINT NOT NULL,
    acknowledged_at_us BIGINT,
    acknowledged_by_name TEXT,
    -- The crew says that it is safe. The alarm stays until a dispatcher closes the incident.
    cancelled_at_us BIGINT,
    ended_at_us BIGINT
);
CREATE UNIQUE INDEX dispatch_panic_one_open ON dispatch_panic (unit) WHERE ended_at_us IS NULL;
