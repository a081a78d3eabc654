-- Which streets patrols drove: counts by the hour. Pseudonymous, not anonymous: crews are in one of 63 groups that change from day
-- to day (a keyed hash), and whoever has the city's secret and the list of units can say which crews a group may have been.

-- One hour of one map: pieces with passages in each direction, and in which of 63 groups the crews were (`streets/hour.rs`).
CREATE TABLE patrol_street_hour (
    map BIGINT NOT NULL,
    -- Hours since 1970 in UTC.
    hour BIGINT NOT NULL,
    body {{BLOB}} NOT NULL,
    PRIMARY KEY (map, hour)
);

-- How far tracks have been put on the streets of a map: each fix once, because whoever counts moves this in the same transaction.
CREATE TABLE patrol_street_round (
    map BIGINT PRIMARY KEY,
    until_us BIGINT NOT NULL,
    fixes BIGINT NOT NULL,
    -- Of those, put on a road.
    matched BIGINT NOT NULL
);

-- What was covered on one day (Taipei), by beat, for reports.
CREATE TABLE patrol_street_day (
    day BIGINT NOT NULL,
    station TEXT NOT NULL,
    beat TEXT NOT NULL,
    length_m DOUBLE PRECISION NOT NULL,
    covered_m DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (day, station, beat)
);
