-- Incidents that are reports of one another, the calls behind them, and the catalogue of kinds.

-- Set exactly while the state is 'merged'. One level: what is merged has nothing merged into it.
ALTER TABLE dispatch_incident ADD COLUMN merged_into TEXT REFERENCES dispatch_incident (id);
-- Its priority before more urgent reports came in; null where none has.
ALTER TABLE dispatch_incident ADD COLUMN own_priority BIGINT;
-- The merged incident that its place was taken from.
ALTER TABLE dispatch_incident ADD COLUMN place_from TEXT REFERENCES dispatch_incident (id);
CREATE INDEX dispatch_incident_by_merge ON dispatch_incident (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE dispatch_merge (
    incident       TEXT NOT NULL REFERENCES dispatch_incident (id),
    seq            BIGINT NOT NULL,
    into_incident  TEXT NOT NULL REFERENCES dispatch_incident (id),
    at_us          BIGINT NOT NULL,
    by_actor       TEXT NOT NULL,
    -- {"assignments": [{"id": …, "state": …}], "rounds": …}: what moved along, how far it was, and what was said of checks.
    moved          TEXT NOT NULL,
    undone_at_us   BIGINT,
    undone_by      TEXT,
    PRIMARY KEY (incident, seq)
);
CREATE UNIQUE INDEX dispatch_merge_one_open ON dispatch_merge (incident) WHERE undone_at_us IS NULL;

-- Calls that a dispatcher joined to an incident that was there.
CREATE TABLE dispatch_report (
    incident  TEXT NOT NULL REFERENCES dispatch_incident (id),
    seq       BIGINT NOT NULL,
    at_us     BIGINT NOT NULL,
    by_actor  TEXT NOT NULL,
    kind      TEXT NOT NULL,
    summary   TEXT NOT NULL,
    address   TEXT NOT NULL,
    lon       DOUBLE PRECISION,
    lat       DOUBLE PRECISION,
    PRIMARY KEY (incident, seq)
);
CREATE INDEX dispatch_report_by_time ON dispatch_report (at_us);

-- Exchanges, gateways and apps that may put calls through: without a row here, a partner's key rings nowhere.
CREATE TABLE dispatch_call_source (
    -- The enrolled device of kind partner.
    device         TEXT PRIMARY KEY,
    title          TEXT NOT NULL,
    created_at_us  BIGINT NOT NULL,
    created_by     TEXT NOT NULL,
    ended_at_us    BIGINT
);

-- Calls as they were put through. Rows are destroyed when their time is over (jobs.rs): numbers are personal data.
CREATE TABLE dispatch_call (
    id             TEXT PRIMARY KEY,
    -- T115-1122-0007
    number         TEXT NOT NULL UNIQUE,
    source         TEXT NOT NULL REFERENCES dispatch_call_source (device),
    -- The source's own name for the call: told again, it is the same call.
    source_ref     TEXT NOT NULL,
    kind           TEXT NOT NULL,
    line           TEXT NOT NULL,
    -- As people dial it here; null when it was withheld.
    caller         TEXT,
    words          TEXT NOT NULL,
    lon            DOUBLE PRECISION,
    lat            DOUBLE PRECISION,
    accuracy_m     DOUBLE PRECISION,
    video_url      TEXT,
    state          TEXT NOT NULL,
    arrived_at_us  BIGINT NOT NULL,
    -- When the caller hung up.
    ended_at_us    BIGINT,
    taken_at_us    BIGINT,
    taken_by       TEXT,
    taken_by_name  TEXT,
    settled_at_us  BIGINT,
    settled_by     TEXT,
    settled_as     TEXT,
    incident       TEXT REFERENCES dispatch_incident (id),
    UNIQUE (source, source_ref)
);
CREATE INDEX dispatch_call_by_state ON dispatch_call (state, arrived_at_us);
CREATE INDEX dispatch_call_by_caller ON dispatch_call (caller, arrived_at_us) WHERE caller IS NOT NULL;
CREATE INDEX dispatch_call_by_incident ON dispatch_call (incident) WHERE incident IS NOT NULL;

-- Every catalogue of kinds that was ever imported; the highest version holds, and without one the built-in kinds do.
CREATE TABLE dispatch_kinds (
    version      BIGINT PRIMARY KEY,
    -- {"kinds": [{"key": …, "retired": …}]}: with those that are retired, for the incidents that carry them.
    catalogue    TEXT NOT NULL,
    set_at_us    BIGINT NOT NULL,
    set_by       TEXT NOT NULL,
    set_by_name  TEXT NOT NULL
);
