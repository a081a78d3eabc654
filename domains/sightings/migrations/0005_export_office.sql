-- The office of whoever asked, under whose consents the file is made.
ALTER TABLE sightings_export ADD COLUMN asked_office TEXT;
