-- Logs of others that this server witnesses: the newest checkpoint that it signed, as it came.
CREATE TABLE oversight_witnessed (
    origin TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    root {{BLOB}} NOT NULL,
    note TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
-- Checkpoints that it refused although the log's own key had signed them, each once.
CREATE TABLE oversight_evidence (
    origin TEXT NOT NULL,
    -- fork, not_grown
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    root {{BLOB}} NOT NULL,
    -- What had been signed before, and what was then sent, as they came.
    known_note TEXT NOT NULL,
    sent TEXT NOT NULL,
    said TEXT NOT NULL,
    first_at_us BIGINT NOT NULL,
    last_at_us BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (origin, kind, size, root)
);
-- Witnesses that this server asks about its own log, by their keys: what each signed last, and how the last call went.
CREATE TABLE oversight_asked (
    witness TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    -- Hex root of that size.
    root TEXT NOT NULL,
    signed_at_us BIGINT,
    asked_at_us BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    said TEXT NOT NULL,
    failing_since_us BIGINT,
    failures BIGINT NOT NULL
);
