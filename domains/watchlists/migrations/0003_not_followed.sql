-- Why a confirmed hit without an incident is not followed: a reason that a person gave, or not_answered where nobody did in time.
ALTER TABLE watchlists_hit ADD COLUMN not_followed TEXT;
CREATE INDEX watchlists_hit_raised ON watchlists_hit (raised_at_us);
