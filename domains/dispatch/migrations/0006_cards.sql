-- What is to be sent to incidents of a kind, by alarm level; the highest version holds.
CREATE TABLE dispatch_cards (
    version BIGINT PRIMARY KEY,
    -- {"cards": {"robbery": [{"asks": […]}, …]}}
    cards TEXT NOT NULL,
    set_at_us BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_by_name TEXT NOT NULL
);

-- Only ever raised, by a person.
ALTER TABLE dispatch_incident ADD COLUMN level BIGINT NOT NULL DEFAULT 1;
