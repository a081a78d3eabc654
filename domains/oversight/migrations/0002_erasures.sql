-- Orders to erase single entries of the audit log: asked for by one person, decided by another.
CREATE TABLE oversight_erasure (
    id TEXT PRIMARY KEY,
    -- asked, approved, done, discarded
    state TEXT NOT NULL,
    entries TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at_us BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_by_name TEXT NOT NULL,
    asked_by_role TEXT NOT NULL,
    decided_at_us BIGINT,
    decided_by TEXT,
    decided_by_name TEXT,
    done_at_us BIGINT
);
