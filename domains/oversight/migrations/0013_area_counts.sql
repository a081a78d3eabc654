-- What was counted for the report of areas when it was first asked for: asked again it is the same, whatever was decided or erased since.
-- counts: {"by_area": [number, …]} in the order of the areas of that version, and at the end what lies in none.
CREATE TABLE oversight_area_count (
    month       TEXT NOT NULL,
    version     BIGINT NOT NULL,
    counted     TEXT NOT NULL,
    counts      TEXT NOT NULL,
    made_at_us  BIGINT NOT NULL,
    PRIMARY KEY (month, version, counted)
);
