-- What devices hold of the list. device_version: the list version of the entry's last change as a device hears of it, 0 while none has
-- heard of it. is_kept_back: 1 while the plate is sealed and no device may have it; what becomes of such an entry has no device_version.
ALTER TABLE watchlists_entry ADD COLUMN device_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE watchlists_entry ADD COLUMN is_kept_back BIGINT NOT NULL DEFAULT 0;
UPDATE watchlists_entry SET device_version = changed_version;
CREATE INDEX watchlists_entry_device ON watchlists_entry (device_version);
CREATE INDEX watchlists_entry_kept_back ON watchlists_entry (is_kept_back) WHERE is_kept_back = 1;
