-- A caller's own page: one-time links, what was written both ways, and where the phone was. All of it goes with its call.

CREATE TABLE dispatch_caller_link (
    call              TEXT NOT NULL REFERENCES dispatch_call (id) ON DELETE CASCADE,
    -- Counted from 1: only the newest of a call opens anything.
    turn              BIGINT NOT NULL,
    -- Hex SHA-256; the token itself is with the caller alone.
    token_hash        TEXT NOT NULL UNIQUE,
    made_at_us        BIGINT NOT NULL,
    made_by           TEXT NOT NULL,
    expires_at_us     BIGINT NOT NULL,
    revoked_at_us     BIGINT,
    revoked_by        TEXT,
    opened_at_us      BIGINT,
    agreed_at_us      BIGINT,
    -- Since when the phone shows its place; null while it does not.
    sharing_since_us  BIGINT,
    -- When the page last asked for news, to within some seconds.
    heard_at_us       BIGINT,
    -- 1: whoever holds the phone must not be heard. Nobody may ring it.
    is_silent         BIGINT NOT NULL DEFAULT 0,
    -- Why the phone shows no place, as its browser says: denied, unavailable.
    trouble           TEXT,
    PRIMARY KEY (call, turn)
);

CREATE TABLE dispatch_caller_word (
    call        TEXT NOT NULL REFERENCES dispatch_call (id) ON DELETE CASCADE,
    seq         BIGINT NOT NULL,
    -- Whoever opens a later link does not read what was written through an earlier one.
    turn        BIGINT NOT NULL,
    -- caller, centre
    side        TEXT NOT NULL,
    -- Made by whoever writes: sent again, it is the same word.
    sent_key    TEXT NOT NULL,
    at_us       BIGINT NOT NULL,
    by_name     TEXT,
    body        TEXT NOT NULL,
    -- When the other side had it before its eyes.
    read_at_us  BIGINT,
    PRIMARY KEY (call, seq),
    UNIQUE (call, side, sent_key)
);

-- The newest some hundred, which say which of them may be believed.
CREATE TABLE dispatch_caller_fix (
    call            TEXT NOT NULL REFERENCES dispatch_call (id) ON DELETE CASCADE,
    seq             BIGINT NOT NULL,
    lon             DOUBLE PRECISION NOT NULL,
    lat             DOUBLE PRECISION NOT NULL,
    accuracy_m      DOUBLE PRECISION NOT NULL,
    measured_at_us  BIGINT NOT NULL,
    received_at_us  BIGINT NOT NULL,
    PRIMARY KEY (call, seq)
);
