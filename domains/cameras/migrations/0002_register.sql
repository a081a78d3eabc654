-- Why each camera stands where it stands, and until when somebody has answered for it. Rows are never changed but to end them.
-- basis: public_place, gathering, traffic_enforcement.
CREATE TABLE cameras_review (
    camera           TEXT NOT NULL REFERENCES cameras_camera (id),
    decided_at_us    BIGINT NOT NULL,
    decided_by       TEXT NOT NULL,
    decided_by_name  TEXT NOT NULL,
    basis            TEXT NOT NULL,
    -- What it is for, and how the public is told that it is there.
    purpose          TEXT NOT NULL,
    notice           TEXT NOT NULL,
    until_us         BIGINT NOT NULL,
    ended_at_us      BIGINT,
    ended_by_name    TEXT,
    end_reason       TEXT,
    PRIMARY KEY (camera, decided_at_us)
);

-- One row: since when there is a register. Cameras from before have a while to be entered.
CREATE TABLE cameras_register (
    id            BIGINT PRIMARY KEY,
    began_at_us   BIGINT NOT NULL
);
