-- The sources that were hidden from whoever asked when the file was made: it is given while no other is hidden from him. `sight` said by which rule, and not which sources
-- it hid; nothing reads it any more. Rows from before have none: their files are given while nothing is hidden.
ALTER TABLE sightings_export ADD COLUMN hidden TEXT;
