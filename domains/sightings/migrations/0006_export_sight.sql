-- As whom the export was asked for, and which sources that one saw: a file is made by what the force's rules about rows leave him, and given while they leave the same.
-- Rows from before have none: they are made and given while no rule hides a source.
ALTER TABLE sightings_export ADD COLUMN asked_role TEXT;
ALTER TABLE sightings_export ADD COLUMN asked_unit TEXT;
ALTER TABLE sightings_export ADD COLUMN sight TEXT;
