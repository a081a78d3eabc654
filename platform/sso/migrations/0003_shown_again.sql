-- When a used code was first shown again: it is told to the log once, however often it is shown.
ALTER TABLE sso_code ADD COLUMN shown_again_at_us BIGINT;
