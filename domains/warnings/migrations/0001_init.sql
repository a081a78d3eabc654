-- Messages of CAP 1.2, those of others and ours. Who is warned of what, until when, is the state and the expiry; nothing is
-- ever deleted or rewritten but a draft.
CREATE TABLE warnings_alert (
    id              TEXT PRIMARY KEY,
    -- 1: drafted here.
    is_ours         BIGINT NOT NULL,
    -- draft, discarded, in_force, replaced, cancelled, or told: a message that warns of nothing itself.
    state           TEXT NOT NULL,
    sender          TEXT NOT NULL,
    identifier      TEXT NOT NULL,
    sent_at_us      BIGINT NOT NULL,
    -- Actual, Exercise, Test, System.
    status          TEXT NOT NULL,
    msg_type        TEXT NOT NULL,
    scope           TEXT NOT NULL,
    expires_at_us   BIGINT NOT NULL,
    -- The document; of a draft, as it would be issued.
    body            TEXT NOT NULL,
    -- The incident that a warning of ours was drafted from.
    incident        TEXT,
    -- The warning of ours that a draft updates or cancels.
    earlier         TEXT REFERENCES warnings_alert (id),
    created_at_us   BIGINT NOT NULL,
    created_by      TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    issued_at_us    BIGINT,
    issued_by       TEXT,
    issued_by_name  TEXT,
    -- The message that replaced or cancelled it.
    ended_by        TEXT,
    UNIQUE (sender, identifier)
);
CREATE INDEX warnings_alert_by_state ON warnings_alert (state, expires_at_us);

-- What messages of others refer to. A message may arrive before the one that it ends.
CREATE TABLE warnings_reference (
    sender     TEXT NOT NULL,
    identifier TEXT NOT NULL,
    alert      TEXT NOT NULL REFERENCES warnings_alert (id),
    -- replaced or cancelled
    ends_as    TEXT NOT NULL,
    PRIMARY KEY (sender, identifier, alert)
);
