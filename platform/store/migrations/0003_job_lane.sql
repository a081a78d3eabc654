-- Whom a job calls: of one lane a process runs one job at a time, so that a destination that never answers holds one place.
ALTER TABLE store_job ADD COLUMN lane TEXT;
