-- Whom the house shares with: what has passed at least once. Guarded: off_at_us NULL → set, by anybody with the right; set → NULL by two.
CREATE TABLE oversight_partner (
    -- `device …` or `webhook …`.
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    -- Without an agreement things pass for a while from here on.
    since_us BIGINT NOT NULL,
    off_at_us BIGINT,
    off_by_name TEXT,
    off_reason TEXT,
    -- Somebody wants it on again; another person must.
    on_asked_by TEXT,
    on_asked_by_name TEXT,
    on_reason TEXT
);
-- By what it is shared, and until when. Never changed: the last one holds.
CREATE TABLE oversight_agreement (
    partner TEXT NOT NULL REFERENCES oversight_partner (id),
    number BIGINT NOT NULL,
    basis TEXT NOT NULL,
    until_us BIGINT NOT NULL,
    written_at_us BIGINT NOT NULL,
    written_by_name TEXT NOT NULL,
    PRIMARY KEY (partner, number)
);
-- How much passed, by hour.
CREATE TABLE oversight_shared (
    partner TEXT NOT NULL REFERENCES oversight_partner (id),
    -- Hours since 1970.
    hour BIGINT NOT NULL,
    -- out, in
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Under which agreement; 0 without one.
    agreement BIGINT NOT NULL,
    passed BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    PRIMARY KEY (partner, hour, direction, kind, agreement)
);
CREATE INDEX oversight_shared_hour ON oversight_shared (hour);
