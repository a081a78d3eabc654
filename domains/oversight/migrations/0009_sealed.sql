-- Cases that only their members may see. Guarded: asked → in_force or refused, by the person who was named to decide; in_force → lifted, by
-- two. Whether a seal in force has ended follows from ends_at_us.
CREATE TABLE oversight_seal (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    case_ref TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at_us BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_by_name TEXT NOT NULL,
    asked_office TEXT NOT NULL,
    -- Who was named to decide.
    decider TEXT NOT NULL,
    decider_name TEXT NOT NULL,
    decider_office TEXT NOT NULL,
    decided_at_us BIGINT,
    decided_note TEXT NOT NULL,
    ends_at_us BIGINT NOT NULL,
    -- Once.
    extended_at_us BIGINT,
    extended_by_name TEXT,
    lift_asked_by TEXT,
    lift_asked_by_name TEXT,
    lift_asked_office TEXT,
    lift_reason TEXT,
    lifted_at_us BIGINT,
    lifted_by_name TEXT
);
CREATE INDEX oversight_seal_state ON oversight_seal (state);
CREATE TABLE oversight_seal_plate (
    seal TEXT NOT NULL REFERENCES oversight_seal (id),
    -- Letters and digits alone.
    plate TEXT NOT NULL,
    PRIMARY KEY (seal, plate)
);
CREATE TABLE oversight_seal_member (
    seal TEXT NOT NULL REFERENCES oversight_seal (id),
    actor TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (seal, actor)
);
