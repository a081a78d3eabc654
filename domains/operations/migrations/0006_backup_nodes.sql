-- The server whose backup it is: of several each has a log that is in no other's. NULL in notes of before, which count for each.
ALTER TABLE operations_backup ADD COLUMN node TEXT;
