-- Villages or districts by which is counted whether a place is watched more than others. Never changed: the last version holds, and an older
-- report can be made again by the version that it names.
CREATE TABLE oversight_areas (
    version BIGINT PRIMARY KEY,
    -- {"areas": [{"name": …, "residents": …, "rings": [[[lon, lat], …], …]}]}
    areas TEXT NOT NULL,
    set_at_us BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_by_name TEXT NOT NULL
);
