-- The public half of the key that a browser keeps for its session (P-256, uncompressed point, base64url): each of its requests is signed with it.
-- NULL: begun before keys were asked for; such a session opens nothing.
ALTER TABLE identity_session ADD COLUMN proof_key TEXT;
