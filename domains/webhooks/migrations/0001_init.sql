CREATE TABLE webhooks_subscription (
    id              TEXT PRIMARY KEY,
    title           TEXT NOT NULL,
    url             TEXT NOT NULL,
    -- {"kinds": ["incident_opened", …]}
    kinds           TEXT NOT NULL,
    -- Signs what is sent; shown once. It must be known to sign, so it is kept as it is.
    secret          TEXT NOT NULL,
    created_at_us   BIGINT NOT NULL,
    created_by      TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    ended_at_us     BIGINT
);

-- What was decided to be sent, so that one fact is told once to each subscription, however often its event comes.
CREATE TABLE webhooks_told (
    subscription  TEXT NOT NULL REFERENCES webhooks_subscription (id),
    fact          TEXT NOT NULL,
    told_at_us    BIGINT NOT NULL,
    -- The status of the last try, 'sent', or NULL before the first.
    outcome       TEXT,
    tried_at_us   BIGINT,
    PRIMARY KEY (subscription, fact)
);
CREATE INDEX webhooks_told_by_time ON webhooks_told (subscription, told_at_us);
