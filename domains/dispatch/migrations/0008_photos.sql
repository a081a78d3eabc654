-- Pictures that crews send from their jobs. The pictures themselves lie with the blobs of class assignment, under the key of their day.
-- A row outlives its picture: that there was one, whose, of what and why it is gone stays with the log.

CREATE TABLE dispatch_photo (
    -- Made by the phone: sent again, it is the same photo.
    id              TEXT PRIMARY KEY,
    assignment      TEXT NOT NULL REFERENCES dispatch_assignment (id),
    -- Whose log has its line. A merge may move the assignment; the line stays.
    incident        TEXT NOT NULL REFERENCES dispatch_incident (id),
    by_actor        TEXT NOT NULL,
    by_name         TEXT NOT NULL,
    received_at_us  BIGINT NOT NULL,
    -- As the phone's clock said; null when it said nothing that can be.
    taken_at_us     BIGINT,
    caption         TEXT NOT NULL,
    -- Only what the officer chose to send; destroyed with the picture.
    lon             DOUBLE PRECISION,
    lat             DOUBLE PRECISION,
    accuracy_m      DOUBLE PRECISION,
    -- Of the bytes as they arrived.
    sha256          TEXT NOT NULL,
    received_bytes  BIGINT NOT NULL,
    -- Of the picture that is kept.
    width_px        BIGINT NOT NULL,
    height_px       BIGINT NOT NULL,
    -- Since 1970 in UTC: whose key locks it.
    day             BIGINT NOT NULL,
    -- kept, withdrawn, destroyed
    state           TEXT NOT NULL,
    ended_at_us     BIGINT,
    end_reason      TEXT,
    -- When its files were gone from the disk.
    erased_at_us    BIGINT
);
CREATE INDEX dispatch_photo_by_assignment ON dispatch_photo (assignment, id);
CREATE INDEX dispatch_photo_by_incident ON dispatch_photo (incident, id);
CREATE INDEX dispatch_photo_by_day ON dispatch_photo (day) WHERE erased_at_us IS NULL;
