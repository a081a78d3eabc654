-- How far the log was counted, in one row.
CREATE TABLE oversight_counted (
    only_row BIGINT PRIMARY KEY,
    to_seq BIGINT NOT NULL
);
INSERT INTO oversight_counted (only_row, to_seq) VALUES (1, 0);
-- Uses of the system by month (YYYY-MM in Taipei); no person, no plate.
CREATE TABLE oversight_count (
    month TEXT NOT NULL,
    line TEXT NOT NULL,
    purpose TEXT NOT NULL,
    link TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (month, line, purpose, link)
);
-- What was published of a month that is over, and the leaf that says it.
CREATE TABLE oversight_month (
    month TEXT PRIMARY KEY,
    told TEXT NOT NULL,
    seq BIGINT NOT NULL
);
