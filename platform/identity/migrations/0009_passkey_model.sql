-- What a passkey is (ADR 0028). NULL in what follows: made before it was kept.
-- The model that the authenticator has named, as 2fc0579f-8113-47ea-b116-bb5a8db9202a; also NULL where it named none.
ALTER TABLE identity_passkey ADD COLUMN aaguid TEXT;
-- 1: the maker's certificate, below a root of the house's file, has proved it.
ALTER TABLE identity_passkey ADD COLUMN is_attested BIGINT;
-- What the force called the model then; its file may forget it.
ALTER TABLE identity_passkey ADD COLUMN model TEXT;
-- 1: the key may be shared among devices; 1: it is. As it said when it last signed.
ALTER TABLE identity_passkey ADD COLUMN is_backup_eligible BIGINT;
ALTER TABLE identity_passkey ADD COLUMN is_backed_up BIGINT;
-- The passkey that was touched last in a session. NULL: none was, or it began before this was kept.
ALTER TABLE identity_session ADD COLUMN passkey TEXT;
