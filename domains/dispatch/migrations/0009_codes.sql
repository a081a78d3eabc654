-- The house's radio codes; without a row, those that the program starts with.

CREATE TABLE dispatch_codes (
    version      BIGINT PRIMARY KEY,
    -- {"codes": [{"code": "10-8", "meaning": "available", "title": …}]}
    codes        TEXT NOT NULL,
    set_at_us    BIGINT NOT NULL,
    set_by       TEXT NOT NULL,
    set_by_name  TEXT NOT NULL
);
